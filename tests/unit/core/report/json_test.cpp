#include "core/report/json.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

namespace coldread::report {
namespace {

Entry file() {
  Entry out;
  out.path = "dir/name";
  out.type = "file";
  out.inode = 12;
  out.has_facts = true;
  out.links = 1;
  out.uid = 1000;
  out.gid = 100;
  out.size = 5;
  out.mode = 0644;
  out.status = "ok";
  return out;
}

const std::string kTimes =
    R"("mtime":"1970-01-01T00:00:00.000000000Z","atime":"1970-01-01T00:00:00.000000000Z","ctime":"1970-01-01T00:00:00.000000000Z")";

}  // namespace

BOOST_AUTO_TEST_SUITE(report_json)

BOOST_AUTO_TEST_CASE(leaves_out_what_is_absent) {
  BOOST_TEST(to_json(file()).dump() ==
             R"({"path":"dir/name","type":"file","inode":12,"links":1,"uid":1000,"gid":100,"size":5,"mode":"0644",)" +
                 kTimes + R"(,"status":"ok"})");
}

BOOST_AUTO_TEST_CASE(a_signer_has_what_is_known_of_it) {
  VerityResult verity{"verified", "sha256", 4096, "", "cc", "valid"};
  verity.signer = VeritySigner{
      "CN=a", "CN=b", "01ff", "", "sha512", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z", {"CN=a", "CN=b"}};
  BOOST_TEST(
      to_json(verity).dump() ==
      R"({"status":"verified","algorithm":"sha256","block_size":4096,"salt":"","digest":"cc","signature":"valid",)"
      R"("signer":{"subject":"CN=a","issuer":"CN=b","serial":"01ff","digest_algorithm":"sha512",)"
      R"("not_before":"2026-01-01T00:00:00Z","not_after":"2027-01-01T00:00:00Z","chain":["CN=a","CN=b"]}})");
  BOOST_TEST(to_json(VeritySigner{"", "", "", "0a", "sha1", "", "", {}}).dump() ==
             R"({"key_identifier":"0a","digest_algorithm":"sha1"})");
}

BOOST_AUTO_TEST_CASE(a_digest_list_has_all_counts) {
  DigestListResult list{9, 1, 0, 2, 3, 4, 5, 6};
  BOOST_TEST(to_json(list).dump() ==
             R"({"listed":9,"match":1,"differs":2,"missing":3,"not_verity":4,"not_looked_at":5,"unlisted":6})");
  list.match_unverified = 7;
  BOOST_TEST(to_json(list).dump().find(R"("match":1,"match_unverified":7,"differs")") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(has_every_field_in_order) {
  Entry entry = file();
  entry.written_as = "dir/name~2";
  entry.rdev = {8, 1};
  entry.target = "../x";
  entry.crtime = Time{-1, 1};
  entry.xattrs = {{"user.x", "value"}, {"user.empty", ""}};
  entry.hashes = {{"sha256", "aa"}, {"md5", "bb"}};
  entry.encryption = {3, "0011"};
  entry.verity = VerityResult{"verified", "sha256", 4096, "", "cc", "unchecked", "match"};
  entry.verity->tree = {{{131072, 4096}, 0, 2, {1048576, 524288}, true, "wrong"}};
  entry.compression = Compression{"lz4", 16384};
  entry.runs = std::vector<Run>{
      {0, 4096, 8192, "stored"}, {4096, 4096, std::nullopt, "hole"}, {8192, 9, std::nullopt, "stored", 77}};
  entry.pages = Pages{2, 1, {{{0, 4096}, "verity", "why"}}};
  entry.problems = {"one", "two"};
  BOOST_TEST(
      to_json(entry).dump() ==
      R"({"path":"dir/name","written_as":"dir/name~2","type":"file","inode":12,"links":1,"uid":1000,"gid":100,)"
      R"("size":5,"mode":"0644","rdev":"8:1","target":"../x",)" +
          kTimes +
          R"(,"crtime":"1969-12-31T23:59:59.000000001Z","xattrs":{"user.x":"dmFsdWU=","user.empty":""},"status":"ok",)"
          R"("sha256":"aa","md5":"bb","encryption":{"policy":3,"nonce":"0011"},)"
          R"("compression":{"algorithm":"lz4","cluster_size":16384},)"
          R"("verity":{"status":"verified","algorithm":"sha256","block_size":4096,"salt":"","digest":"cc",)"
          R"("signature":"unchecked","listed":"match","tree":[{"offset":131072,"length":4096,"level":0,"index":2,)"
          R"("covers":{"offset":1048576,"length":524288},"recomputed":true,"reason":"wrong"}]},)"
          R"("runs":[{"offset":0,"length":4096,"image_offset":8192,"kind":"stored"},)"
          R"({"offset":4096,"length":4096,"image_offset":null,"kind":"hole"},)"
          R"({"offset":8192,"length":9,"image_offset":null,"journal_offset":77,"kind":"stored"}],)"
          R"("pages":{"total":2,"bad":[{"offset":0,"length":4096,"step":"verity","reason":"why"}]},)"
          R"("problems":["one","two"]})");
}

BOOST_AUTO_TEST_CASE(of_an_unreadable_inode_tells_only_what_is_known) {
  Entry entry;
  entry.path = "broken";
  entry.type = "unknown";
  entry.inode = 77;
  entry.status = "error";
  entry.problems = {"inode 77: nonsense"};
  BOOST_TEST(to_json(entry).dump() ==
             R"({"path":"broken","inode":77,"status":"error","problems":["inode 77: nonsense"]})");
}

BOOST_AUTO_TEST_CASE(keeps_the_bytes_of_names_that_are_not_utf8) {
  Entry entry = file();
  entry.path = "a/caf\xe9";
  entry.written_as = "a/\xff";
  entry.target = "\xc0\x80";
  const JsonValue json = to_json(entry);
  BOOST_TEST(json.get("path")->text().value() == "a/caf\xef\xbf\xbd");
  BOOST_TEST(json.get("path_bytes")->text().value() == "YS9jYWbp");
  BOOST_TEST(json.get("written_as_bytes")->text().value() == "YS//");
  BOOST_TEST(json.get("target_bytes")->text().value() == "wIA=");
  BOOST_TEST(!to_json(file()).has("path_bytes"));
}

BOOST_AUTO_TEST_CASE(escapes_control_bytes) {
  Entry entry = file();
  entry.path = "a\nb\x1b[31m\"\\";
  BOOST_TEST(to_json(entry).dump().starts_with(R"({"path":"a\nb\u001b[31m\"\\",)"));
  BOOST_TEST(!to_json(entry).has("path_bytes"));
}

BOOST_AUTO_TEST_CASE(tells_xattrs_apart_that_read_the_same) {
  Entry entry = file();
  entry.xattrs = {{"user.\xfe", "1"}, {"user.\xff", "2"}, {"user.\xef\xbf\xbd#2", "3"}};
  const JsonValue json = to_json(entry);
  BOOST_TEST(json.get("xattrs")->dump() ==
             "{\"user.\xef\xbf\xbd\":\"MQ==\",\"user.\xef\xbf\xbd#2\":\"Mg==\",\"user.\xef\xbf\xbd#2#2\":\"Mw==\"}");
  BOOST_TEST(json.get("xattr_name_bytes")->dump() ==
             "{\"user.\xef\xbf\xbd\":\"dXNlci7+\",\"user.\xef\xbf\xbd#2\":\"dXNlci7/\"}");
}

BOOST_AUTO_TEST_CASE(prints_modes_with_four_digits) {
  Entry entry = file();
  for (const auto& [mode, text] : std::vector<std::pair<std::uint32_t, std::string>>{
           {0, "0000"}, {07, "0007"}, {0755, "0755"}, {04755, "4755"}, {07777, "7777"}, {0100644, "0644"}}) {
    entry.mode = mode;
    BOOST_TEST(to_json(entry).get("mode")->text().value() == text);
  }
}

BOOST_AUTO_TEST_CASE(of_a_malformed_verity_file_tells_what_is_known) {
  VerityResult verity;
  verity.status = "malformed";
  BOOST_TEST(to_json(verity).dump() == R"({"status":"malformed","signature":"absent"})");
}

BOOST_AUTO_TEST_CASE(of_other_records) {
  BOOST_TEST(to_json(PartitionInfo{1, "userdata", "u-u", 1048576, 99}).dump() ==
             R"({"number":1,"label":"userdata","uuid":"u-u","offset":1048576,"size":99})");
  BOOST_TEST(
      to_json(Policy{2, "00", "AES-256-XTS", "AES-256-CTS", 32, {"IV_INO_LBLK_64"}, 4096, "missing", {}, 7}).dump() ==
      R"({"version":2,"master_key":"00","contents":"AES-256-XTS","filenames":"AES-256-CTS","padding":32,)"
      R"("flags":["IV_INO_LBLK_64"],"data_unit_size":4096,"key":"missing","entries":7})");
  BOOST_TEST(to_json(Policy{1, "00", "Adiantum", "Adiantum", 4, {}, 4096, "supplied", false, {}}).dump() ==
             R"({"version":1,"master_key":"00","contents":"Adiantum","filenames":"Adiantum","padding":4,)"
             R"("flags":[],"data_unit_size":4096,"key":"supplied","key_proven":false})");
  BOOST_TEST(
      to_json(Policy{2, "00", "AES-256-XTS", "AES-256-CTS", 4, {}, 512, "supplied", true, 2, "names", "Why."}).dump() ==
      R"({"version":2,"master_key":"00","contents":"AES-256-XTS","filenames":"AES-256-CTS","padding":4,)"
      R"("flags":[],"data_unit_size":512,"key":"supplied","key_proven":true,"key_proof":"names","entries":2,)"
      R"("problem":"Why."})");
  BOOST_TEST(to_json(Replay{true, "journal", 12, 3, 2, 9, {2, 11}, 1002}).dump() ==
             R"({"needed":true,"kind":"journal","applied":12,"transactions":3,"revoked":2,"blocks":9,)"
             R"("inodes":[2,11],"inodes_total":1002})");
  BOOST_TEST(to_json(Replay{}).dump() == R"({"needed":false,"applied":0})");
  BOOST_TEST(to_json(Image{"/x\xff", 10, "raw", std::nullopt}).dump() ==
             "{\"path\":\"/x\xef\xbf\xbd\",\"path_bytes\":\"L3j/\",\"size\":10,\"format\":\"raw\",\"sha256\":null}");
  BOOST_TEST(to_json(RunInfo{{"ls", "x"}, "s", "f", 3}).dump() ==
             R"({"arguments":["ls","x"],"started":"s","finished":"f","jobs":3})");
  BOOST_TEST(
      to_json(Summary{}).dump() ==
      R"({"files":0,"directories":0,"symlinks":0,"other":0,"bytes":0,"ok":0,"damaged":0,"locked":0,)"
      R"("skipped":0,"error":0,"verity":{"verified":0,"mismatch":0,"malformed":0},"pages":{"total":0,"bad":0}})");
  BOOST_TEST(tool_json().get("name")->text().value() == "coldread");
}

BOOST_AUTO_TEST_CASE(of_a_filesystem) {
  Filesystem filesystem;
  filesystem.type = "ext4";
  filesystem.uuid = "u";
  filesystem.label = "l";
  filesystem.block_size = 1024;
  filesystem.page_size = 4096;
  filesystem.features = {"encrypt", "verity"};
  BOOST_TEST(to_json(filesystem).dump() ==
             R"({"partition":null,"type":"ext4","uuid":"u","label":"l","block_size":1024,"page_size":4096,)"
             R"("features":["encrypt","verity"],"replay":{"needed":false,"applied":0}})");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::report
