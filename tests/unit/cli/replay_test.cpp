#include <boost/test/unit_test.hpp>
#include <fstream>
#include <string>

#include "core/source/memory_source.hpp"
#include "fs/ext4/features.hpp"
#include "tests/support/cli_runner.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/fs/journal_builder.hpp"
#include "tests/unit/hostile/hostile_image.hpp"

namespace coldread::cli {
namespace {

using ext4::test::filled;
using ext4::test::JournalBuilder;
using test::run;

/// A filesystem with one file of three blocks, full of 'o', and its journal on a device, which writes the last two of
/// them anew: one that begins with the journal's magic, and one full of 'n'.
struct Case {
  Case() {
    image.super.s_feature_compat = ext4::kCompatHasJournal;
    image.super.s_feature_incompat = 0x2 | 0x40 | ext4::kIncompatNeedsRecovery;
    image.super.s_journal_uuid[0] = 0x5a;
    image.put_root({{12, "file"}});
    image.put_file(12, 40, 3 * 1024, 'o');
    device.s_magic = ext4::kSuperMagic;
    device.s_feature_incompat = ext4::kIncompatJournalDev;
    device.s_blocks_count_lo = 64;
    device.s_uuid[0] = 0x5a;
    Bytes magical = filled('m');
    const Be32 magic(ext4::kJournalMagic);
    std::copy(bytes_of(magic).begin(), bytes_of(magic).end(), magical.begin());
    journal.super.s_first = 3;
    journal.super.s_start = 3;
    journal.seek(3).transaction(1, {{41, magical}, {42, filled('n')}});
  }

  /// Writes both files.
  void write() {
    image.put(ext4::kSuperblockOffset, image.super);
    journal.blocks[1] = ByteView(bytes_of(device)).copy();
    test::write_text(image_path, std::string(as_chars(image.bytes)));
    test::write_text(journal_path, std::string(as_chars(journal.bytes(2))));
  }

  test::TempDir dir;
  std::string image_path = dir / "image";
  std::string journal_path = dir / "journal";
  hostile::HostileImage image;
  ext4::RawSuperblock device{};
  JournalBuilder journal{ext4::JournalChecksums::kV1, false, 64};
};

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

BOOST_AUTO_TEST_SUITE(cli_replay)

BOOST_AUTO_TEST_CASE(content_is_read_through_the_journal) {
  Case it;
  it.write();
  const auto replayed = run({"cat", it.image_path, "file", "--journal", it.journal_path});
  BOOST_TEST(replayed.code == 0, replayed.err);
  BOOST_TEST(replayed.out ==
             std::string(1024, 'o') + "\xc0\x3b\x39\x98" + std::string(1020, 'm') + std::string(1024, 'n'));
  const auto lying = run({"cat", it.image_path, "file", "--no-replay"});
  BOOST_TEST(lying.code == 0, lying.err);
  BOOST_TEST(lying.out == std::string(3072, 'o'));
}

// What a reader of the report finds at these places is the file, but for the four bytes that lie nowhere.
BOOST_AUTO_TEST_CASE(places_are_those_of_the_bytes) {
  Case it;
  it.write();
  const auto pages = run({"pages", it.image_path, "file", "--journal", it.journal_path, "--json"});
  BOOST_TEST(pages.code == 0, pages.err);
  BOOST_TEST(holds(pages.out, R"({"offset":0,"length":1024,"kind":"stored","image_offset":40960,"steps":["read"],)"
                              R"("read":{"offset":0,"length":1024}},)"
                              R"({"offset":1024,"length":1024,"kind":"stored","image_offset":null,"steps":["read"]},)"
                              R"({"offset":2048,"length":1024,"kind":"stored","image_offset":null,)"
                              R"("journal_offset":5120,"steps":["read"],"read":{"offset":2048,"length":1024}})"),
             pages.out);
  const auto text = run({"pages", it.image_path, "file", "--journal", it.journal_path});
  BOOST_TEST(holds(text.out,
                   "0 -> 40 (read); 1 -> 41 (replayed, in pieces) (read); 2 -> 42 (replayed, from byte 5120 "
                   "of the external journal) (read)"),
             text.out);
  const std::string out = it.dir / "out";
  const auto extracted = run({"extract", it.image_path, "-o", out, "--journal", it.journal_path, "--runs", "-q"});
  BOOST_TEST(extracted.code == 0, extracted.err);
  const std::string report = test::read_text(out + ".report.json");
  BOOST_TEST(
      holds(report, R"("runs":[{"offset":0,"length":1024,"image_offset":40960,"kind":"stored"},)"
                    R"({"offset":1024,"length":4,"image_offset":null,"kind":"stored"},)"
                    R"({"offset":1028,"length":2044,"image_offset":null,"journal_offset":4100,"kind":"stored"}])"),
      report);
  BOOST_TEST(holds(report, R"("replay":{"needed":true,"kind":"journal","applied":2,"transactions":1,"revoked":0,)"
                           R"("blocks":2,"inodes":[],"inodes_total":0})"),
             report);
}

BOOST_AUTO_TEST_CASE(without_the_device_it_is_refused) {
  Case it;
  it.write();
  const auto refused = run({"info", it.image_path});
  BOOST_TEST(refused.code == 3);
  BOOST_TEST(holds(refused.err, "give that with --journal FILE, or --no-replay to read the filesystem as it lies"));
  BOOST_TEST(run({"info", it.image_path, "--journal", it.journal_path, "--no-replay"}).code == 2);
  BOOST_TEST(run({"info", it.image_path, "--journal", it.dir / "absent"}).code == 3);
  it.device.s_uuid[0] = 1;
  it.write();
  const auto other = run({"info", it.image_path, "--journal", it.journal_path});
  BOOST_TEST(other.code == 3);
  BOOST_TEST(holds(other.err, "has the UUID 01000000-"), other.err);
}

BOOST_AUTO_TEST_CASE(a_device_that_nobody_asked_for) {
  Case it;
  it.image.super.s_feature_compat = 0;
  it.image.super.s_feature_incompat = 0x2 | 0x40;
  it.write();
  const auto unused = run({"cat", it.image_path, "file", "--journal", it.journal_path});
  BOOST_TEST(unused.code == 0);
  BOOST_TEST(unused.out == std::string(3072, 'o'));
  BOOST_TEST(holds(unused.err, "it was not used"), unused.err);
}

BOOST_AUTO_TEST_CASE(what_falls_short_is_said_by_every_command) {
  Case it;
  it.journal.transaction(2, {{9999, filled('x')}});
  it.write();
  for (const std::string command : {"cat", "pages", "stat", "ls"}) {
    const auto result = run({command, it.image_path, command == "ls" ? "/" : "file", "--journal", it.journal_path});
    BOOST_TEST(result.code == 1, command);
    BOOST_TEST(holds(result.err, "it is meant for block 9999, which the filesystem does not have"), command);
  }
  const auto info = run({"info", it.image_path, "--journal", it.journal_path});
  BOOST_TEST(info.code == 1);
  BOOST_TEST(holds(info.out,
                   "journal applied in memory: 2 block copies of 2 transactions, 0 revoked; 2 blocks and 0 "
                   "inodes differ from the image"),
             info.out);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::cli
