#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <sstream>

#include "core/base/text.hpp"
#include "tests/support/cli_runner.hpp"
#include "tests/support/temp_dir.hpp"

namespace coldread::test {

namespace stdfs = std::filesystem;

namespace {

struct FirstLight {
  FirstLight() : dir(temp / ""), image(dir + "image.img"), keys(sample("first-light") + "/keys"), out(dir + "out") {
    unpack("first-light", image);
  }
  [[nodiscard]] bool nothing_written() const { return !stdfs::exists(out) && !stdfs::exists(out + ".report.json"); }
  [[nodiscard]] std::size_t files_below(const std::string& path) const {
    std::size_t count = 0;
    for (const auto& entry : stdfs::recursive_directory_iterator(path)) count += entry.is_regular_file() ? 1U : 0U;
    return count;
  }

  TempDir temp;
  std::string dir;
  std::string image;
  std::string keys;
  std::string out;
};

const std::vector<std::string> kCommands{"info", "ls", "stat", "cat", "pages", "extract", "verify", "keys"};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(command_line, FirstLight)

BOOST_AUTO_TEST_CASE(help_of_every_command_tells_its_exit_codes) {
  BOOST_TEST(run({"--help"}).code == 0);
  for (const std::string& command : kCommands) {
    const Run help = run({command, "--help"});
    BOOST_TEST(help.code == 0);
    BOOST_TEST(help.err.empty());
    for (const char* const code : {"  0 ", "  1 ", "  2 ", "  3 ", "  4 ", "  130 "}) {
      BOOST_TEST(help.out.find(code) != std::string::npos, command << " does not tell exit code" << code);
    }
    BOOST_TEST(run({"--help"}).out.find(command) != std::string::npos);
  }
  BOOST_TEST(run({"--version"}).out.starts_with("coldread "));
  BOOST_TEST(run({"--schema"}).out.starts_with("{"));
}

BOOST_AUTO_TEST_CASE(a_wrong_line_is_one_sentence_and_code_2) {
  const std::vector<std::vector<std::string>> lines{
      {},
      {"frobnicate"},
      {"extract", image},
      {"extract", "-o", out},
      {"extract", image, "-o", out, "--page-size", "5000"},
      {"extract", image, "-o", out, "--page-size", "131072"},
      {"extract", image, "-o", out, "-j", "0"},
      {"extract", image, "-o", out, "--hash", "crc32"},
      {"extract", image, "-o", out, "--hash", "sha256,sha256"},
      {"extract", image, "-o", out, "--damaged", "maybe"},
      {"extract", image, "-o", out, "--preserve", "everything"},
      {"extract", image, "-o", out, "--offset", "12x"},
      {"extract", image, "-o", out, "--offset", "99999999999999999999"},
      {"extract", image, "-o", out, "--offset", "0", "--partition", "1"},
      {"extract", image, "-o", out, "--key", dir + "no-such-key"},
      {"extract", image, "-o", out, "--v1-key", "0011223344556677"},
      {"extract", image, "-o", out, "--v1-key", "0011223344556677="},
      {"extract", image, "-o", out, "--v1-key", "00112233445566=" + dir + "a.key"},
      {"extract", image, "-o", out, "--v1-key", "001122334455667g=" + dir + "a.key"},
      {"extract", image, "-o", out, "--v1-key", "0011223344556677=" + dir + "no-such-key"},
      {"extract", image, "-o", out, "--cert", dir + "no-such-cert"},
      {"extract", image, "-o", out, "--digests", dir + "no-such-list"},
      {"cat", image, "x", "--range", "7"},
      {"cat", image},
  };
  for (const auto& line : lines) {
    const Run wrong = run(line);
    BOOST_TEST(wrong.code == 2, (line.empty() ? "" : line.back()) << ": code " << wrong.code << ", " << wrong.err);
    BOOST_TEST(is_one_sentence(wrong.err), wrong.err);
    BOOST_TEST(wrong.out.empty());
    BOOST_TEST(nothing_written());
  }
}

BOOST_AUTO_TEST_CASE(an_image_that_cannot_be_read_is_one_sentence_and_code_3) {
  spill(dir + "zeros", std::string(1 << 20, '\0'));
  spill(dir + "empty", "");
  spill(dir + "short", slurp(image).substr(0, 1500));
  for (const std::string& command : kCommands) {
    for (const std::string& bad : {dir + "missing", dir + "zeros", dir + "empty", dir + "short", dir}) {
      std::vector<std::string> line{command, bad};
      if (command == "stat" || command == "cat" || command == "pages") line.emplace_back("x");
      if (command == "extract") line.insert(line.end(), {"-o", out});
      const Run refused = run(line);
      BOOST_TEST(refused.code == 3, command << " " << bad << ": " << refused.code);
      BOOST_TEST(is_one_sentence(refused.err), refused.err);
      BOOST_TEST(refused.err.find(bad) != std::string::npos);
      BOOST_TEST(nothing_written());
    }
  }
  const Run no_partition = run({"extract", image, "-o", out, "--partition", "7"});
  BOOST_TEST(no_partition.code == 3);
  BOOST_TEST(is_one_sentence(no_partition.err));
  const Run no_path = run({"extract", image, "etc/no-such-file", "-o", out});
  BOOST_TEST(no_path.code == 3);
  BOOST_TEST(is_one_sentence(no_path.err));
  BOOST_TEST(nothing_written());
}

BOOST_AUTO_TEST_CASE(a_truncated_image_gives_what_it_has_and_names_the_rest) {
  stdfs::resize_file(image, stdfs::file_size(image) / 8);
  const Run cut = run({"extract", image, "--key", keys, "-o", out, "-q"});
  BOOST_TEST((cut.code == 1 || cut.code == 3), cut.err);
  if (cut.code == 1) BOOST_TEST(slurp(out + ".report.json").find("past the end of the image") != std::string::npos);
  const Run verified = run({"verify", image, "--key", keys});
  BOOST_TEST((verified.code == 1 || verified.code == 3));
}

BOOST_AUTO_TEST_CASE(a_key_of_the_right_length_that_is_not_the_key_writes_nothing) {
  spill(dir + "wrong.key", std::string(64, 'x'));
  const Run wrong = run({"extract", image, "--key", dir + "wrong.key", "-o", out});
  BOOST_TEST(wrong.code == 1);
  BOOST_TEST(wrong.err.find("wrong.key") != std::string::npos);
  BOOST_TEST(wrong.err.find("opens nothing") != std::string::npos);
  BOOST_TEST(!stdfs::exists(out + "/vault"));
  const std::string report = slurp(out + ".report.json");
  BOOST_TEST(report.find("\"locked\"") != std::string::npos);
  BOOST_TEST(report.find("supplied") == std::string::npos);
  BOOST_TEST(report.find(std::string(16, 'x')) == std::string::npos);
  BOOST_TEST(wrong.err.find("xxxx") == std::string::npos, "no key byte reaches a message");

  const Run right = run({"extract", image, "--key", keys, "-o", dir + "right", "-q"});
  BOOST_TEST(right.code == 1, "one directory's key is not among the sample's");
  BOOST_TEST(files_below(dir + "right/vault") > 0U);
  BOOST_TEST(!stdfs::exists(dir + "right/locked"));
}

BOOST_AUTO_TEST_CASE(no_key_byte_reaches_a_report_or_a_message) {
  for (const auto& file : stdfs::directory_iterator(keys)) {
    const std::string content = slurp(file.path());
    const Run all = run({"extract", image, "--key", file.path(), "-o", dir + "with-key", "-v"});
    const std::string report = slurp(dir + "with-key.report.json");
    const std::string hex = to_hex(as_bytes(content));
    for (std::size_t at = 0; at + 16 <= hex.size(); at += 16) {
      for (const std::string& text : {report, all.err, all.out}) {
        BOOST_TEST(text.find(hex.substr(at, 16)) == std::string::npos);
        BOOST_TEST(text.find(content.substr(at / 2, 8)) == std::string::npos);
      }
    }
    stdfs::remove_all(dir + "with-key");
  }
}

BOOST_AUTO_TEST_CASE(keys_come_from_files_hex_directories_and_standard_input) {
  const auto key =
      std::find_if(stdfs::directory_iterator(keys), stdfs::directory_iterator(), [](const auto&) { return true; });
  const std::string raw = slurp(key->path());
  spill(dir + "hex.key", to_hex(as_bytes(raw)) + "\n");
  const std::string by_directory = run({"keys", image, "--key", keys}).out;
  BOOST_TEST(by_directory.find("opened by") != std::string::npos);
  BOOST_TEST(run({"keys", image, "--key", dir + "hex.key"}).out.find("opened by " + dir + "hex.key") !=
             std::string::npos);
  BOOST_TEST(run({"keys", image, "--key", "-"}, raw).out.find("opened by standard input") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_v1_key_opens_no_v2_policy) {
  spill(dir + "a.key", std::string(64, 'x'));
  const auto key =
      std::find_if(stdfs::directory_iterator(keys), stdfs::directory_iterator(), [](const auto&) { return true; });
  const Run done = run({"keys", image, "--v1-key", "0011223344556677=" + dir + "a.key", "--v1-key",
                        "8899AABBCCDDEEFF=" + key->path().string()});
  BOOST_TEST(done.out.find("opened by") == std::string::npos);
  BOOST_TEST(done.err.find("a.key: this key (descriptor 0011223344556677) opens nothing") != std::string::npos);
  BOOST_TEST(done.err.find("(descriptor 8899aabbccddeeff) opens nothing") != std::string::npos);
  const Run twice = run({"keys", image, "--v1-key", "0011223344556677=" + dir + "a.key", "--v1-key",
                         "0011223344556677=" + key->path().string()});
  BOOST_TEST(twice.code == 2);
  BOOST_TEST(twice.err.find("another key was given for descriptor 0011223344556677") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_output_that_cannot_be_written_is_code_4) {
  stdfs::create_directory(out);
  spill(out + "/precious", "data");
  const Run full = run({"extract", image, "-o", out});
  BOOST_TEST(full.code == 4);
  BOOST_TEST(is_one_sentence(full.err), full.err);
  BOOST_TEST(slurp(out + "/precious") == "data");

  const Run nowhere = run({"extract", image, "-o", dir + "no/such/parent"});
  BOOST_TEST(nowhere.code == 4);
  BOOST_TEST(is_one_sentence(nowhere.err), nowhere.err);
  spill(dir + "file", "x");
  BOOST_TEST(run({"extract", image, "-o", dir + "file"}).code == 4);
  BOOST_TEST(run({"extract", image, "-o", dir + "new", "--report", dir + "no/such/report.json"}).code == 4);

  // As root, permissions stop nobody; a read-only directory of the kernel's own does.
  const std::string unwritable = ::geteuid() == 0 ? "/proc/coldread" : dir + "read-only/out";
  if (::geteuid() != 0) {
    stdfs::create_directory(dir + "read-only");
    stdfs::permissions(dir + "read-only", stdfs::perms::owner_read | stdfs::perms::owner_exec);
  }
  const Run refused = run({"extract", image, "-o", unwritable});
  BOOST_TEST(refused.code == 4);
  BOOST_TEST(is_one_sentence(refused.err), refused.err);
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_code_4_and_the_report_says_how_far_it_came) {
  const std::string small = dir + "small";
  stdfs::create_directory(small);
  if (::mount("tmpfs", small.c_str(), "tmpfs", 0, "size=1m") != 0) {
    BOOST_TEST_MESSAGE("no tmpfs may be mounted here: a full disk was not tried");
    return;
  }
  for (const char* const jobs : {"1", "4"}) {
    const Run full =
        run({"extract", image, "--key", keys, "-o", small + "/out", "--report", dir + "full.json", "-q", "-j", jobs});
    BOOST_TEST(full.code == 4);
    BOOST_TEST(is_one_sentence(full.err), full.err);
    BOOST_TEST(full.err.find("No space left") != std::string::npos);
    const std::string report = slurp(dir + "full.json");
    BOOST_TEST(report.find("\"result\":\"failed\"") != std::string::npos);
    BOOST_TEST(report.find("\"exit_code\":4") != std::string::npos);
    for (const auto& entry : stdfs::recursive_directory_iterator(small)) {
      BOOST_TEST(entry.path().string().find(".part") == std::string::npos, "nothing half-written stays");
    }
    stdfs::remove_all(small + "/out");
  }
  BOOST_TEST(::umount(small.c_str()) == 0);
}

BOOST_AUTO_TEST_CASE(an_interrupt_ends_with_a_whole_report) {
  const Run ended = run({"extract", image, "-o", out, "-q"}, "", true);
  BOOST_TEST(ended.code == 130);
  BOOST_TEST(slurp(out + ".report.json").find("\"result\":\"interrupted\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(filters_skip_and_selections_leave_out) {
  const Run filtered = run({"extract", image, "--key", keys, "-o", out, "-q", "--include", "*.bin", "--exclude",
                            "boot.bin", "--exclude", "locked", "-j", "2"});
  BOOST_TEST(filtered.code == 0, filtered.err);
  BOOST_TEST(stdfs::exists(out + "/firmware/kernel.bin"));
  BOOST_TEST(!stdfs::exists(out + "/firmware/boot.bin"));
  BOOST_TEST(slurp(out + ".report.json").find("\"firmware/boot.bin\"") != std::string::npos, "filtered, but reported");

  const Run selected = run({"extract", image, "firmware/boot.bin", "-o", dir + "one", "-q"});
  BOOST_TEST(selected.code == 0, selected.err);
  BOOST_TEST(files_below(dir + "one") == 1U);
  BOOST_TEST(slurp(dir + "one.report.json").find("kernel.bin") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(damaged_blocks_are_written_as_asked) {
  const std::string table = run({"pages", image, "firmware/kernel.bin", "--json"}).out;
  const std::string mark = "\"image_offset\":";
  const std::uint64_t first = std::stoull(table.substr(table.find(mark) + mark.size()));
  {
    std::fstream file(image, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(first + 4096 + 9));
    const int byte = file.get();
    file.seekp(static_cast<std::streamoff>(first + 4096 + 9));
    file.put(static_cast<char>(byte ^ 4));
  }
  const std::string path = "/firmware/kernel.bin";
  const auto written = [&](const std::string& how) {
    const std::string to = dir + how;
    const Run damaged =
        run({"extract", image, "firmware/kernel.bin", "-o", to, "-q", "--damaged", how, "--page-size", "16384"});
    BOOST_TEST(damaged.code == 1, damaged.err);
    const std::string report = slurp(to + ".report.json");
    BOOST_TEST(report.find("\"offset\":4096,\"length\":4096,\"step\":\"verity\"") != std::string::npos);
    BOOST_TEST(report.find("\"sha256\":\"") == std::string::npos, "no reader would get this content: it has no hash");
    return stdfs::exists(to + path) ? slurp(to + path) : std::string("absent");
  };
  const std::string kept = written("keep");
  std::string expected = kept;
  expected.replace(4096, 4096, 4096, '\0');
  BOOST_TEST(kept != expected);
  BOOST_TEST((written("zero") == expected));
  expected.replace(0, 16384, 16384, '\0');
  BOOST_TEST((written("page") == expected));
  BOOST_TEST(written("omit") == "absent");
  const Run cat = run({"cat", image, "firmware/kernel.bin"});
  BOOST_TEST(cat.code == 1);
  BOOST_TEST(is_one_sentence(cat.err), cat.err);
  BOOST_TEST((cat.out == kept));
  BOOST_TEST(run({"cat", image, "firmware/kernel.bin", "--range", "8192:100"}).code == 0, "the damage lies elsewhere");
}

BOOST_AUTO_TEST_CASE(digest_lists_are_held_against_the_image) {
  const Run digests = run({"verify", image, "--digest", "--key", keys});
  BOOST_TEST(digests.code == 0, digests.err);
  spill(dir + "good.list", digests.out);
  BOOST_TEST(run({"verify", image, "--key", keys, "--digests", dir + "good.list"}).code == 0);

  std::string changed = digests.out;
  const std::size_t digit = changed.find(':') + 1;
  changed[digit] = changed[digit] == '0' ? '1' : '0';
  spill(dir + "changed.list", changed);
  const Run differs = run({"verify", image, "--key", keys, "--digests", dir + "changed.list"});
  BOOST_TEST(differs.code == 1);
  BOOST_TEST(differs.out.find("its digest is not the one listed") != std::string::npos, differs.out);

  spill(dir + "more.list", digests.out + "sha256:" + std::string(64, '0') + " no/such/file\n");
  const Run missing = run({"verify", image, "--key", keys, "--digests", dir + "more.list"});
  BOOST_TEST(missing.code == 1);
  BOOST_TEST(missing.err.find("no/such/file") != std::string::npos, missing.err);

  const Run locked = run({"verify", image, "--digests", dir + "good.list"});
  BOOST_TEST(locked.code == 1, "a listed file whose key is missing was not verified");
}

BOOST_AUTO_TEST_CASE(cat_of_a_locked_file_writes_no_ciphertext) {
  std::string name;
  std::istringstream lines(run({"ls", image, "vault", "-l"}).out);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("-")) name = line.substr(line.find("Z ") + 2, line.find("  [") - line.find("Z ") - 2);
  }
  const Run locked = run({"cat", image, "vault/" + name});
  BOOST_TEST(locked.code == 1);
  BOOST_TEST(locked.out.empty());
  BOOST_TEST(locked.err.find("--key") != std::string::npos, locked.err);
}

BOOST_AUTO_TEST_CASE(several_filesystems_go_into_directories_of_their_own) {
  unpack("disk-gpt", image);
  const std::string gpt_keys = sample("disk-gpt") + "/keys";
  const Run both = run({"extract", image, "--key", gpt_keys, "-o", out, "-q"});
  BOOST_TEST(both.code == 0, both.err);
  BOOST_TEST(stdfs::is_directory(out + "/p1"));
  BOOST_TEST(stdfs::is_directory(out + "/p2"));
  BOOST_TEST(files_below(out + "/p1") > 0U);
  const Run one = run({"extract", image, "--key", gpt_keys, "--partition", "2", "-o", dir + "one", "-q"});
  BOOST_TEST(one.code == 0, one.err);
  BOOST_TEST(files_below(dir + "one") == files_below(out + "/p2"));
  const Run which = run({"ls", image});
  BOOST_TEST(which.code == 3);
  BOOST_TEST(which.err.find("--partition") != std::string::npos);
  BOOST_TEST(run({"extract", image, "--partition", "3", "-o", dir + "fat"}).code == 3);
}

BOOST_AUTO_TEST_CASE(a_size_that_is_nonsense_costs_its_file_alone_and_no_time) {
  const std::string command =
      "debugfs -w -R 'set_inode_field /etc/motd size 1152921504606846976' '" + image + "' 2>/dev/null";
  BOOST_REQUIRE(std::system(command.c_str()) == 0);  // NOLINT(cert-env33-c,concurrency-mt-unsafe)
  const Run nonsense = run({"extract", image, "--exclude", "locked", "--key", keys, "-o", out, "-q"});
  BOOST_TEST(nonsense.code == 1, nonsense.err);
  const std::string report = slurp(out + ".report.json");
  BOOST_TEST(report.find("\"offset\":0,\"length\":1152921504606846976,\"step\":\"map\"") != std::string::npos);
  BOOST_TEST(report.find("\"damaged\":1") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_damaged_primary_superblock_is_told_and_the_backup_is_used) {
  {
    std::fstream file(image, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(1024 + 56);  // s_magic
    file.put('\0');
  }
  // An image of one block group has no backup; first-light may be one. The larger sample has some.
  unpack("metabg-1k", dir + "groups.img");
  {
    std::fstream file(dir + "groups.img", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(1024 + 56);
    file.put('\0');
  }
  const Run info = run({"info", dir + "groups.img"});
  BOOST_TEST(info.code == 1, info.err);
  BOOST_TEST(info.out.find("backup") != std::string::npos, info.out);
  const Run extracted = run({"extract", dir + "groups.img", "-o", out, "-q"});
  BOOST_TEST(extracted.code == 1);
  const std::string report = slurp(out + ".report.json");
  BOOST_TEST(report.find("primary superblock is damaged") != std::string::npos);
  BOOST_TEST(report.find("\"damaged\":0") != std::string::npos, "all entries are whole");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::test
