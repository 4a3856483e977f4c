#include <boost/test/unit_test.hpp>

#include "core/base/byte_view.hpp"
#include "core/extract/content_hash.hpp"
#include "tests/support/cli_runner.hpp"
#include "tests/support/temp_dir.hpp"

namespace coldread::test {
namespace {

struct VeritySample {
  VeritySample() { unpack("verity-4k", image); }

  TempDir temp;
  std::string image = temp / "image.img";
  std::string keys = sample("verity-4k") + "/keys";
  std::string cert = sample("verity-4k") + "/certs/signer.pem";
  std::string list = temp / "list";
  std::string report = temp / "report.json";
};

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

BOOST_FIXTURE_TEST_SUITE(verify_trust, VeritySample)

BOOST_AUTO_TEST_CASE(who_signed_is_told) {
  const Run valid = run({"verify", image, "signed/sha256_50000", "--cert", cert, "-v", "--report", report});
  BOOST_TEST(valid.code == 0, valid.err);
  BOOST_TEST(has(valid.err, "signed/sha256_50000: signature valid: CN=signer (sha256, issuer CN=signer, serial "));
  BOOST_TEST(
      has(slurp(report), R"("signature":"valid","signer":{"subject":"CN=signer","issuer":"CN=signer","serial":)"));
  const Run claimed = run({"verify", image, "signed/sha256_50000", "-v"});
  BOOST_TEST(claimed.code == 0);
  BOOST_TEST(
      has(claimed.err, "signature unchecked, as it claims: a signer whose certificate is not at hand (sha256, "));
  BOOST_TEST(has(run({"stat", image, "signed/sha256_50000"}).out, "    signer:\n      issuer: CN=signer\n"));
}

BOOST_AUTO_TEST_CASE(a_signature_may_be_required) {
  BOOST_TEST(run({"verify", image, "signed", "--cert", cert, "--require-signature"}).code == 0);
  const Run unsigned_file = run({"verify", image, "sha512/size_1", "--cert", cert, "--require-signature"});
  BOOST_TEST(unsigned_file.code == 1);
  BOOST_TEST(unsigned_file.out == "sha512/size_1: FAILED (it is not signed)\n");
  const std::string out = temp / "out";
  BOOST_TEST(run({"extract", image, "sha512/size_1", "-o", out, "-q", "--cert", cert, "--require-signature"}).code ==
             1);
  BOOST_TEST(has(slurp(out + ".report.json"), "fs-verity: it is not signed, and a signature is required"));
  for (const char* const command : {"verify", "extract"}) {
    const Run refused = run({command, image, "-o", temp / "no", "--require-signature"});
    BOOST_TEST(refused.code == 2);
  }
  const Run refused = run({"verify", image, "--require-signature"});
  BOOST_TEST(refused.code == 2);
  BOOST_TEST(is_one_sentence(refused.err), refused.err);
}

BOOST_AUTO_TEST_CASE(a_list_is_counted) {
  const std::string zeros = "sha256:" + std::string(64, '0');
  const Run made = run({"verify", image, "--digest", "sha512", "signed"});
  BOOST_REQUIRE(made.code == 0);
  spill(list, made.out);
  const Run good = run({"verify", image, "--digests", list, "sha512", "signed"});
  BOOST_TEST(good.code == 0);
  BOOST_TEST(good.err ==
                 "coldread: 10 listed: 10 match, 0 differ, 0 missing, 0 no fs-verity file; 0 fs-verity files "
                 "are not listed\n",
             good.err);
  spill(list, made.out + zeros + " mappings/sparse\n" + zeros + " signed/gone\n" + zeros + " sha512\n");
  const Run all = run({"verify", image, "--key", keys, "--digests", list, "--report", report});
  BOOST_TEST(all.code == 1);
  BOOST_TEST(has(all.err, "coldread: signed/gone: listed with a digest (" + list + " line 12), but there is no such "));
  BOOST_TEST(has(all.err, "sha512: listed with a digest (" + list +
                              " line 13), but its digest could not be taken: it is "
                              "no regular file"),
             all.err);
  BOOST_TEST(has(all.err, "coldread: 13 listed: 10 match, 1 differ, 1 missing, 1 no fs-verity file; "));
  BOOST_TEST(has(slurp(report), R"("digest_list":{"listed":13,"match":10,"differs":1,"missing":1,"not_verity":1,)"));
  const Run some = run({"verify", image, "signed", "--digests", list});
  BOOST_TEST(some.code == 1, "signed/gone is below a PATH, and missing");
  BOOST_TEST(has(some.err, "13 listed: 3 match, 0 differ, 1 missing, 0 no fs-verity file, 9 not looked at; 0 fs"),
             some.err);
  BOOST_TEST(run({"verify", image, "signed/sha256_0", "--digests", list}).code == 0);
}

BOOST_AUTO_TEST_CASE(metadata_is_dumped_as_it_is_stored) {
  const auto dump = [&](const char* what, const char* path) {
    return run({"verify", image, "--dump", what, path, "--key", keys, "-q"});
  };
  for (const char* const path : {"sha512/size_4097", "encrypted/sha256_4096_20001"}) {
    const Run descriptor = dump("descriptor", path);
    BOOST_TEST(descriptor.code == 0, descriptor.err);
    BOOST_TEST(descriptor.out.size() == 256u);
    const std::string printed = run({"verify", image, "--key", keys, "--digest", path}).out;
    const std::string algorithm = printed.substr(0, printed.find(':'));
    extract::ContentHash hash({"sha256"});
    hash.update(as_bytes(descriptor.out));
    if (algorithm == "sha256") BOOST_TEST(printed == "sha256:" + hash.finish().front().second + " " + path + "\n");
    BOOST_TEST(dump("merkle-tree", path).out.size() == 4096u);
    const Run unsigned_file = dump("signature", path);
    BOOST_TEST(unsigned_file.code == 3);
    BOOST_TEST(unsigned_file.err == "coldread: " + std::string(path) + ": has no built-in signature\n");
  }
  BOOST_TEST(dump("signature", "signed/sha256_0").out.size() == 400u);
  BOOST_TEST(dump("merkle-tree", "sha512/size_1").out.empty());
  BOOST_TEST(run({"verify", image, "--dump", "descriptor", "encrypted"}).code == 3);
  const Run plain = run({"verify", image, "--dump", "descriptor", "lost+found"});
  BOOST_TEST(plain.code == 3);
  BOOST_TEST(is_one_sentence(plain.err), plain.err);
}

BOOST_AUTO_TEST_CASE(a_malformed_descriptor_is_dumped_as_it_lies) {
  const Run whole = run({"verify", image, "--dump", "descriptor", "signed/sha256_50000"});
  const Run signature = run({"verify", image, "--dump", "signature", "signed/sha256_50000"});
  const Run tree = run({"verify", image, "--dump", "merkle-tree", "signed/sha256_50000"});
  BOOST_REQUIRE(whole.code == 0 && signature.code == 0 && tree.code == 0);
  std::string bytes = slurp(image);
  const std::size_t at = bytes.find(whole.out.substr(8)) - 8;
  const std::string stored = bytes.substr(at, 256);
  bytes[at] = '\2';
  spill(image, bytes);
  const Run malformed = run({"verify", image, "--dump", "descriptor", "signed/sha256_50000"});
  BOOST_TEST(malformed.code == 1);
  BOOST_TEST(is_one_sentence(malformed.err), malformed.err);
  BOOST_TEST((malformed.out == "\2" + stored.substr(1) + signature.out));
  const Run claimed = run({"verify", image, "--dump", "signature", "signed/sha256_50000"});
  BOOST_TEST(claimed.code == 1);
  BOOST_TEST((claimed.out == signature.out));
  const Run room = run({"verify", image, "--dump", "merkle-tree", "signed/sha256_50000"});
  BOOST_TEST(room.code == 1);
  BOOST_TEST((room.out.starts_with(tree.out)));
}

BOOST_AUTO_TEST_CASE(a_dump_is_of_one_path_and_of_nothing_else) {
  const std::vector<std::vector<std::string>> lines{{},
                                                    {"a", "b"},
                                                    {"a", "--digest"},
                                                    {"a", "--digests", list},
                                                    {"a", "--cert", cert},
                                                    {"a", "--report", report},
                                                    {"a", "-j", "2"},
                                                    {"a", "--include", "x"}};
  for (const std::vector<std::string>& more : lines) {
    std::vector<std::string> line{"verify", image, "--dump", "descriptor"};
    line.insert(line.end(), more.begin(), more.end());
    const Run wrong = run(line);
    BOOST_TEST(wrong.code == 2, (more.empty() ? "" : more.back()));
    BOOST_TEST(is_one_sentence(wrong.err), wrong.err);
  }
  BOOST_TEST(run({"verify", image, "--dump", "everything", "a"}).code == 2);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(a_list_of_several_filesystems_matches_when_it_is_given_back) {
  const TempDir temp;
  const std::string image = temp / "image.img";
  unpack("disk-gpt", image);
  const std::string keys = sample("disk-gpt") + "/keys";
  const Run made = run({"verify", image, "--digest", "--key", keys});
  BOOST_TEST(made.out.ends_with(" p2/checked\n"), made.out);
  spill(temp / "list", made.out);
  for (const std::vector<std::string>& more : {std::vector<std::string>{}, {"--partition", "2"}}) {
    std::vector<std::string> line{"verify", image, "--key", keys, "--digests", temp / "list"};
    line.insert(line.end(), more.begin(), more.end());
    const Run again = run(line);
    BOOST_TEST(again.code == 0, again.err);
    BOOST_TEST(has(again.err, "1 listed: 1 match, "), again.err);
  }
  spill(temp / "bare", made.out.substr(0, made.out.find(' ')) + " checked\n");
  BOOST_TEST(run({"verify", image, "--key", keys, "--digests", temp / "bare"}).code == 0);
}

}  // namespace coldread::test
