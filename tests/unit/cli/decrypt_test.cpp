#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <map>
#include <sstream>

#include "core/report/json_value.hpp"
#include "tests/support/cli_runner.hpp"
#include "tests/support/temp_dir.hpp"

namespace coldread::test {

namespace stdfs = std::filesystem;

namespace {

/// first-light, extracted with --ciphertext and no key, and with its vault's key.
struct Ciphertext {
  Ciphertext() : dir(temp / ""), image(dir + "image.img"), key(sample("first-light") + "/keys/vault.key") {
    unpack("first-light", image);
    locked = run({"extract", image, "-o", dir + "locked", "--ciphertext", "-q"});
    keyed = run({"extract", image, "-o", dir + "keyed", "--key", key, "-q"});
    report = dir + "locked.report.json";
    const std::string names = run({"decrypt", "--names", "--json", "--sidecar", report, "--key", key}).out;
    std::istringstream lines(names);
    for (std::string line; std::getline(lines, line);) {
      const auto value = report::JsonValue::parse(line);
      const auto name = value ? value->get("name") : std::nullopt;
      if (name) shown[*name->text()] = *value->get("path")->text();
    }
  }
  /// The ciphertext of the file with that true path.
  [[nodiscard]] std::string file(const std::string& path) const {
    return dir + "locked/" + shown.at(path) + ".ciphertext";
  }
  [[nodiscard]] Run decrypt(const std::vector<std::string>& more) const {
    std::vector<std::string> line{"decrypt", "--sidecar", report};
    line.insert(line.end(), more.begin(), more.end());
    return run(line);
  }
  TempDir temp;
  std::string dir;
  std::string image;
  std::string key;
  std::string report;
  Run locked;
  Run keyed;
  std::map<std::string, std::string> shown;  ///< no-key paths by true ones
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(decrypt_command, Ciphertext)

BOOST_AUTO_TEST_CASE(gives_the_bytes_of_the_extraction_with_the_key) {
  BOOST_TEST(locked.code == 1);
  for (const std::string name :
       {"vault/owl.png", "vault/night.raw", "vault/calibration.bin", "vault/letters/draft.txt"}) {
    const Run plain = decrypt({file(name), "--key", key});
    BOOST_TEST(plain.code == 0, name << ": " << plain.err);
    BOOST_TEST(plain.err.empty());
    BOOST_TEST((plain.out == slurp(dir + "keyed/" + name)), name);
  }
  BOOST_TEST(slurp(file("vault/owl.png")).size() == 20480U);  // whole blocks, of 18564 bytes
}

BOOST_AUTO_TEST_CASE(writes_a_file_whole_or_not_at_all) {
  const std::string out = dir + "owl.png";
  BOOST_TEST(decrypt({file("vault/owl.png"), "--key", key, "-o", out}).code == 0);
  BOOST_TEST((slurp(out) == slurp(dir + "keyed/vault/owl.png")));
  const Run again = decrypt({file("vault/owl.png"), "--key", key, "-o", out});
  BOOST_TEST(again.code == 4);
  BOOST_TEST(is_one_sentence(again.err));
  stdfs::create_directory(dir + "by-name");
  BOOST_TEST(decrypt({file("vault/passwords.txt"), "--key", key, "-o", dir + "by-name"}).code == 0);
  BOOST_TEST((slurp(dir + "by-name/passwords.txt") == slurp(dir + "keyed/vault/passwords.txt")));
}

BOOST_AUTO_TEST_CASE(knows_a_file_by_its_content_wherever_it_is) {
  stdfs::rename(file("vault/owl.png"), dir + "moved");
  BOOST_TEST((decrypt({dir + "moved", "--key", key}).out == slurp(dir + "keyed/vault/owl.png")));
  const std::string path = shown.at("vault/passwords.txt");
  const Run other = decrypt({dir + "moved", "--key", key, "--path", path});
  BOOST_TEST(other.code == 3);
  BOOST_TEST(other.err.find("is not the ciphertext of " + path) != std::string::npos, other.err);

  std::string content = slurp(dir + "moved");
  content[100] = static_cast<char>(content[100] ^ 1);
  spill(dir + "moved", content);
  const Run changed = decrypt({dir + "moved", "--key", key});
  BOOST_TEST(changed.code == 3);
  BOOST_TEST(changed.out.empty());
  BOOST_TEST(changed.err.find("has been changed, or is not of this report") != std::string::npos, changed.err);
}

BOOST_AUTO_TEST_CASE(says_which_key_is_missing_and_which_opens_nothing) {
  const Run missing = decrypt({file("vault/owl.png")});
  BOOST_TEST(missing.code == 1);
  BOOST_TEST(is_one_sentence(missing.err));
  BOOST_TEST(missing.err.find("0ab594a9ec0c960d27861cc00bb45719") != std::string::npos, missing.err);

  spill(dir + "wrong.key", std::string(64, 'x'));
  const Run wrong = decrypt({file("vault/owl.png"), "--key", dir + "wrong.key"});
  BOOST_TEST(wrong.code == 1);
  BOOST_TEST(wrong.out.empty());
  BOOST_TEST(wrong.err.find("its key 0ab594a9ec0c960d27861cc00bb45719 is missing") != std::string::npos, wrong.err);
  BOOST_TEST(wrong.err.find("wrong.key: this key") != std::string::npos, wrong.err);
}

BOOST_AUTO_TEST_CASE(refuses_what_is_no_sidecar_by_a_sentence_of_its_own) {
  const auto refused = [&](const std::string& sidecar, const std::string& words) {
    const Run result = run({"decrypt", file("vault/owl.png"), "--sidecar", sidecar, "--key", key, "-q"});
    BOOST_TEST(result.code == 3);
    BOOST_TEST(result.out.empty());
    BOOST_TEST(is_one_sentence(result.err), result.err);
    BOOST_TEST(result.err.find(words) != std::string::npos, result.err);
  };
  spill(dir + "none.json", "{\"schema\":");
  refused(dir + "none.json", "this is not JSON");
  spill(dir + "other.json", R"({"schema":"other/1"})");
  refused(dir + "other.json", "its schema is not coldread-report/1");
  spill(dir + "deep.json", std::string(100, '['));
  refused(dir + "deep.json", "nested too deep");
  refused(dir + "keyed.report.json", "tells of no ciphertext");
  refused(dir, "is a directory");
  refused(dir + "missing.json", "cannot be opened");
}

BOOST_AUTO_TEST_CASE(never_believes_a_sidecar_that_contradicts_itself) {
  const auto refused = [&](const std::string& from, const std::string& to, const std::string& words) {
    // Of the entry of night.raw: what follows its path in the report.
    std::string text = slurp(report);
    const std::size_t entry = text.find("{\"path\":\"" + shown.at("vault/night.raw") + "\"");
    const std::size_t at = text.find(from, entry);
    BOOST_REQUIRE(entry != std::string::npos && at != std::string::npos);
    spill(dir + "edited.json", text.replace(at, from.size(), to));
    const Run result = run({"decrypt", file("vault/night.raw"), "--sidecar", dir + "edited.json", "--key", key, "-q"});
    BOOST_TEST(result.code == 3, to);
    BOOST_TEST(result.out.empty());
    BOOST_TEST(result.err.find(words) != std::string::npos, result.err);
  };
  refused("\"runs\":[{\"offset\":0", "\"runs\":[{\"offset\":262144", "ends past the file's 262144");
  refused("\"size\":262144", "\"size\":262145", "262145 bytes in a ciphertext of 262144");
  refused("\"size\":262144", "\"size\":100", "100 bytes in a ciphertext of 262144");
  refused("\"kind\":\"stored\"", "\"kind\":\"hole\"", "nothing is stored at 0, and there is data");
  refused("\"kind\":\"stored\"", "\"kind\":\"other\"", "a kind that is not known");
  refused("\"kind\":\"stored\"", "\"kind\":\"compressed\"", "is compressed, the file is not");
  refused("\"kind\":\"stored\"", "\"kind\":7", "`ciphertext.runs.kind` is not as its schema has it");
  refused("\"context\":\"02", "\"context\":\"09", "version 9 is not supported");
}

// What it is decrypted by is not told by the ciphertext; what lies past the end of the content is zeros.
BOOST_AUTO_TEST_CASE(says_where_a_file_may_be_another_than_the_report_tells_of) {
  std::string text = slurp(report);
  const std::size_t entry = text.find("{\"path\":\"" + shown.at("vault/owl.png") + "\"");
  const std::size_t context = text.find("\"context\":\"02", text.find("\"ciphertext\":{", entry));
  BOOST_REQUIRE(entry != std::string::npos && context != std::string::npos);
  char& digit = text.at(context + 11 + 79);  // the last of its nonce
  digit = digit == '0' ? '1' : '0';
  spill(dir + "edited.json", text);
  const Run result = run({"decrypt", file("vault/owl.png"), "--sidecar", dir + "edited.json", "--key", key});
  BOOST_TEST(result.err.find("its last block does not end with zeros") != std::string::npos, result.err);
}

BOOST_AUTO_TEST_CASE(reports_blocks_that_could_not_be_read_as_damaged) {
  std::string text = slurp(report);
  const std::size_t entry = text.find("{\"path\":\"" + shown.at("vault/night.raw") + "\"");
  const std::size_t at = text.find("}]", text.find("\"runs\":[", entry)) + 2;
  text.insert(at, R"(,"bad":[{"offset":4096,"length":4096,"step":"read","reason":"sector lost"}])");
  spill(dir + "edited.json", text);
  const Run result = run({"decrypt", file("vault/night.raw"), "--sidecar", dir + "edited.json", "--key", key});
  BOOST_TEST(result.code == 1);
  BOOST_TEST(result.err.find("4096 bytes at offset 4096: read: sector lost") != std::string::npos, result.err);
  std::string wanted = slurp(dir + "keyed/vault/night.raw");
  wanted.replace(4096, 4096, 4096, '\0');
  BOOST_TEST((result.out == wanted));
}

BOOST_AUTO_TEST_CASE(wants_a_path_where_content_alone_does_not_tell) {
  const std::string empty = dir + "empty";
  spill(empty, "");
  const Run named =
      decrypt({file("vault/letters/draft.txt"), "--key", key, "--path", "/" + shown.at("vault/letters/draft.txt")});
  BOOST_TEST(named.code == 0);
  const Run absent = decrypt({empty, "--key", key, "--path", "vault/nothing"});
  BOOST_TEST(absent.code == 3);
  BOOST_TEST(absent.err.find("the report has no such entry") != std::string::npos, absent.err);
  const Run plain = decrypt({empty, "--key", key, "--path", "etc/motd"});
  BOOST_TEST(plain.err.find("tells of no ciphertext of it") != std::string::npos, plain.err);
}

// With --deleted, older versions of an inode may have the same blocks and another end.
BOOST_AUTO_TEST_CASE(tells_an_older_version_of_an_inode_from_the_inode) {
  std::string text = slurp(report);
  const std::size_t begin = text.find("{\"path\":\"" + shown.at("vault/night.raw") + "\"");
  std::string old = text.substr(begin, text.find('\n', begin) - begin);
  if (old.back() == ',') old.pop_back();
  const auto change = [&](const std::string& from, const std::string& to) {
    BOOST_REQUIRE(old.find(from) != std::string::npos);
    old.replace(old.find(from), from.size(), to);
  };
  change(shown.at("vault/night.raw"), ".deleted/old");
  change(shown.at("vault/night.raw") + ".ciphertext", ".deleted/old.ciphertext");
  change("\"size\":262144", "\"size\":262000,\"recovered\":{}");
  text.insert(begin, old + ",\n");
  spill(dir + "edited.json", text);
  const auto decrypt_it = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"decrypt", "--sidecar", dir + "edited.json", "--key", key});
    return run(more);
  };
  stdfs::create_directory(dir + ".deleted");
  stdfs::copy_file(file("vault/night.raw"), dir + ".deleted/old.ciphertext");
  const Run recovered = decrypt_it({dir + ".deleted/old.ciphertext"});
  BOOST_TEST(recovered.code == 1);
  BOOST_TEST(recovered.out.size() == 262000u);
  BOOST_TEST(recovered.err.find("by its place it is that of .deleted/old") != std::string::npos, recovered.err);
  const Run live = decrypt_it({file("vault/night.raw"), "-q"});
  BOOST_TEST(live.code == 0);
  BOOST_TEST(live.out.size() == 262144u);
  stdfs::rename(dir + ".deleted/old.ciphertext", dir + "elsewhere");
  const Run either = decrypt_it({dir + "elsewhere"});
  BOOST_TEST(either.code == 3);
  BOOST_TEST(either.out.empty());
  BOOST_TEST(either.err.find("choose one with --path") != std::string::npos, either.err);
}

// The place of an extraction of several filesystems has a directory for each.
BOOST_AUTO_TEST_CASE(tells_filesystems_apart_by_the_place) {
  std::string text = slurp(report);
  const std::string before = "\"filesystems\":[";
  const std::size_t begin = text.find(before) + before.size();
  const std::size_t end =
      text.rfind("],\"run\":") != std::string::npos ? text.rfind("],\"run\":") : text.rfind("],\n\"run\":");
  BOOST_REQUIRE(begin != std::string::npos && end != std::string::npos);
  std::string first = text.substr(begin, end - begin);
  const std::string none = "\"partition\":null";
  BOOST_REQUIRE(first.find(none) != std::string::npos);
  std::string second = first;
  first.replace(first.find(none), none.size(), R"("partition":{"number":1})");
  second.replace(second.find(none), none.size(), R"("partition":{"number":2})");
  second.replace(second.find("\"uuid\":\"") + 8, 8, "00000000");
  text.replace(begin, end - begin, first + "," + second);
  spill(dir + "edited.json", text);
  const auto decrypt_it = [&](const std::string& at) {
    stdfs::create_directories(stdfs::path(at).parent_path());
    stdfs::copy_file(file("vault/owl.png"), at);
    return run({"decrypt", at, "--sidecar", dir + "edited.json", "--key", key, "-v"});
  };
  const std::string name = shown.at("vault/owl.png") + ".ciphertext";
  const Run of_second = decrypt_it(dir + "all/p2/" + name);
  BOOST_TEST(of_second.code == 0, of_second.err);
  BOOST_TEST(of_second.err.find("of filesystem 00000000-") != std::string::npos, of_second.err);
  BOOST_TEST(decrypt_it(dir + "all/p1/" + name).err.find("of filesystem 00000000-") == std::string::npos);
  BOOST_TEST(decrypt_it(dir + "all/p3/" + name).code == 3);
}

BOOST_AUTO_TEST_CASE(writes_over_no_disk_and_not_behind_the_ciphertext) {
  const std::string ciphertext = file("vault/owl.png");
  if (::mknod((dir + "disk").c_str(), S_IFBLK | 0600, makedev(7, 250)) == 0) {  // a right that tests may lack
    const Run disk = decrypt({ciphertext, "--key", key, "-o", dir + "disk"});
    BOOST_TEST(disk.code == 4);
    BOOST_TEST(disk.err.find("is there already") != std::string::npos, disk.err);
  }
  const int standard_output = ::dup(STDOUT_FILENO);
  const int itself = ::open(ciphertext.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  BOOST_REQUIRE(::dup2(itself, STDOUT_FILENO) == STDOUT_FILENO);
  const Run behind = decrypt({ciphertext, "--key", key});
  ::dup2(standard_output, STDOUT_FILENO);
  ::close(itself);
  ::close(standard_output);
  BOOST_TEST(behind.code == 4);
  BOOST_TEST(behind.out.empty());
  BOOST_TEST(behind.err.find("standard output is this file itself") != std::string::npos, behind.err);
}

// It has no image that could keep keys.
BOOST_AUTO_TEST_CASE(takes_no_option_that_opens_keys_on_an_image) {
  for (const std::string option : {"--vold-secret", "--passphrase-file", "--passphrase-salt"}) {
    const Run result = decrypt({file("vault/owl.png"), "--key", key, option, "s:x"});
    BOOST_TEST(result.code == 2);
    BOOST_TEST(result.out.empty());
    BOOST_TEST(is_one_sentence(result.err), result.err);
    BOOST_TEST(run({"decrypt", "--help"}).out.find(option) == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_name_is_told_where_its_target_alone_is_damaged) {
  std::string text = slurp(report);
  const std::size_t entry = text.find("{\"path\":\"" + shown.at("vault/latest.csv") + "\"");
  const std::size_t at = text.find("\"target\":\"", text.find("\"ciphertext\":{", entry)) + 10;
  BOOST_REQUIRE(entry != std::string::npos && at != std::string::npos);
  text.replace(at, text.find('"', at) - at, "AAAA");
  spill(dir + "edited.json", text);
  const Run names = run({"decrypt", "--names", "--json", "--sidecar", dir + "edited.json", "--key", key});
  BOOST_TEST(names.code == 1);
  std::istringstream lines(names.out);
  bool told = false;
  for (std::string line; std::getline(lines, line);) {
    const auto value = report::JsonValue::parse(line);
    BOOST_REQUIRE(value);
    const auto name = value->get("name");
    if (!name || *name->text() != "vault/latest.csv") continue;
    told = true;
    BOOST_TEST(value->has("problem"));
    BOOST_TEST(!value->has("target"));
  }
  BOOST_TEST(told);
}

BOOST_AUTO_TEST_CASE(tells_true_names_and_targets) {
  const Run names = decrypt({"--names", "--key", key});
  BOOST_TEST(names.code == 1);  // of another directory the key is missing
  BOOST_TEST(names.out.find(": vault/letters/2026-03-08 Ada to Grace.txt\n") != std::string::npos, names.out);
  BOOST_TEST(names.out.find(": vault/latest.csv -> positions.csv\n") != std::string::npos, names.out);
  BOOST_TEST(names.out.find(": locked: its key ") != std::string::npos, names.out);
}

BOOST_AUTO_TEST_CASE(changes_nothing_where_it_is_not_asked_for) {
  BOOST_TEST(run({"extract", image, "-o", dir + "plain", "-q"}).code == 1);
  BOOST_TEST(slurp(dir + "plain.report.json").find("\"ciphertext\"") == std::string::npos);
  BOOST_TEST(!stdfs::exists(dir + "plain/vault/letters"));
  BOOST_TEST(stdfs::is_directory(dir + "locked/vault"));
}

BOOST_AUTO_TEST_CASE(a_wrong_line_is_code_2) {
  BOOST_TEST(run({"decrypt", "--help"}).out.find("  130 ") != std::string::npos);
  for (const std::vector<std::string>& line :
       std::vector<std::vector<std::string>>{{"decrypt"},
                                             {"decrypt", "x"},
                                             {"decrypt", "--sidecar", "r"},
                                             {"decrypt", "x", "--sidecar", "r", "--names"}}) {
    const Run result = run(line);
    BOOST_TEST(result.code == 2);
    BOOST_TEST(is_one_sentence(result.err), result.err);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::test
