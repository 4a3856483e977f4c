#include <sys/resource.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "core/extract/orphans.hpp"
#include "fs/f2fs/directory_index.hpp"
#include "fs/f2fs/roll_forward.hpp"
#include "tests/unit/fs/f2fs_image_builder.hpp"
#include "tests/unit/hostile/hostile_image.hpp"

namespace coldread::hostile {
namespace {

using Texts = std::vector<std::string>;
using f2fs::test::Dentry;
using f2fs::test::ImageBuilder;
using f2fs::test::InodeImage;

constexpr std::uint64_t kK = 4096;

Dentry named(std::uint32_t slot, std::uint32_t ino, const std::string& name) {
  return {slot, ino, name, f2fs::name_hash(ByteView(as_bytes(name)))};
}

/// The most memory that this process has used, in KiB.
long peak_memory() {
  rusage usage{};
  BOOST_REQUIRE(getrusage(RUSAGE_SELF, &usage) == 0);
  return usage.ru_maxrss;  // NOLINT(cppcoreguidelines-pro-type-union-access): glibc's way to make a long of it
}

/// A filesystem whose root holds these names.
struct Image : ImageBuilder {
  explicit Image(const std::vector<Dentry>& names = {named(0, kFile, "file")}) {
    add_inode(3, 0, inline_dir(names));
    fill_block(main(3072), 'k');
    put_sit(3072 / f2fs::kBlocksPerSeg, {0});
  }
  void put_file(std::uint64_t blocks, const std::map<std::uint32_t, std::uint32_t>& addrs,
                const std::array<std::uint32_t, 5>& nids = {}) {
    InodeImage file;
    file.raw.i_size = blocks * kK;
    file.addrs = addrs;
    file.nids = nids;
    add_inode(kFile, 1, file);
  }
};

/// What came of an extraction, within bounds: an image that nothing is to be had of takes neither time nor memory.
struct Bounded {
  explicit Bounded(const std::shared_ptr<const source::BlockSource>& source, bool with_orphans = false)
      : began(std::chrono::steady_clock::now()), before(peak_memory()), run(f2fs::open(source, {}), with_orphans) {
    BOOST_TEST(peak_memory() - before < 200L * 1024);
    BOOST_TEST((std::chrono::steady_clock::now() - began < std::chrono::seconds(60)));
  }
  explicit Bounded(ImageBuilder& image) : Bounded(image.source()) {}

  std::chrono::steady_clock::time_point began;
  long before;
  Extraction run;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(hostile_f2fs)

BOOST_AUTO_TEST_CASE(nodes_that_lead_back) {
  Image image;
  const std::uint64_t blocks = 923 + 2 * 1018 + 2 * 1018;
  image.put_file(blocks, {{0, image.main(3072)}}, {5, 20, 20, 20, 20});
  image.add_node(20, 5, 2, image.node(20, 5, 3, {{0, 20}, {1, 5}}));
  const Bounded all(image);
  const report::Entry file = all.run.entry("file");
  BOOST_TEST(file.status == "damaged");
  const auto length = std::to_string(1018 * kK);
  const auto at = [](std::uint64_t nodes) { return std::to_string((923 + nodes * 1018) * kK); };
  BOOST_TEST(bad_ranges(file) == (Texts{at(0) + "+" + length + " map: node 5: it is an inode",
                                        at(1) + "+" + length + " map: node 20: it is at node offset 3, not 2",
                                        at(2) + "+" + length + " map: node 20: it is at node offset 3, not 4",
                                        at(3) + "+" + length + " map: node 5: it is an inode"}),
             boost::test_tools::per_element());
  BOOST_TEST(all.run.content("file").substr(0, kK) == std::string(kK, 'k'));
}

BOOST_AUTO_TEST_CASE(a_block_that_the_checkpoint_has_free) {
  Image image;
  image.put_file(2, {{0, image.main(3072)}, {1, image.main(3073)}});
  image.fill_block(image.main(3073), 'x');
  {
    const Bounded all(image);
    BOOST_TEST(bad_ranges(all.run.entry("file")) ==
                   (Texts{"4096+4096 map: it lies at block " + std::to_string(image.main(3073)) +
                          ", which is free by the checkpoint"}),
               boost::test_tools::per_element());
    BOOST_TEST(all.run.content("file") == std::string(kK, 'k') + std::string(kK, '\0'));
  }
  // Where that part of the SIT is lost, nothing speaks against the block.
  image.disk->spoil(image.byte_of(image.super.sit_blkaddr), 1);
  const Bounded lost(image);
  BOOST_TEST(lost.run.entry("file").status == "ok");
  BOOST_TEST(lost.run.content("file").substr(kK) == std::string(kK, 'x'));
}

BOOST_AUTO_TEST_CASE(two_inodes_that_share_nodes) {
  Image image({named(0, 5, "file"), named(1, 6, "other")});
  InodeImage file;
  file.raw.i_size = 924 * kK;
  file.nids[0] = 20;
  image.add_inode(5, 1, file);
  image.add_inode(6, 2, file);
  image.add_node(20, 5, 3, image.node(20, 5, 1, {{0, image.main(3072)}}));
  const Bounded all(image);
  BOOST_TEST(all.run.entry("file").status == "ok");
  BOOST_TEST(all.run.content("file").substr(923 * kK) == std::string(kK, 'k'));
  BOOST_TEST(bad_ranges(all.run.entry("other")) ==
                 (Texts{std::to_string(923 * kK) + "+4096 map: node 20: it belongs to inode 5"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_inode_as_its_own_attributes_and_a_node_as_an_inode) {
  Image image({named(0, 5, "file"), named(1, 20, "node"), named(2, 1, "reserved"), named(3, 0xffffffff, "far")});
  InodeImage file;
  file.raw.i_xattr_nid = 5;
  image.add_inode(5, 1, file);
  image.add_node(20, 5, 2, image.node(20, 5, 1, {}));
  const Bounded all(image);
  BOOST_TEST(all.run.entry("file").status == "damaged");
  for (const char* path : {"node", "reserved", "far"}) BOOST_TEST(all.run.entry(path).status == "error");
}

BOOST_AUTO_TEST_CASE(directories_that_hold_themselves) {
  Image image({named(0, 3, "root"), named(1, 7, "dir"), named(2, 7, "again")});
  image.add_inode(7, 1, image.inline_dir({named(0, 3, "up"), named(1, 7, "self")}));
  const Bounded all(image);
  BOOST_TEST(all.run.entries.size() < 20u);
  BOOST_TEST(all.run.entry("root").status != "ok");
  BOOST_TEST(all.run.entry("again/self").status != "ok");
}

BOOST_AUTO_TEST_CASE(names_that_lead_out) {
  Image image({named(0, 5, "../escaped"), named(4, 5, ".."), named(5, 5, "/abs"), named(6, 5, "file")});
  image.put_file(1, {{0, image.main(3072)}});
  const Bounded all(image);
  BOOST_TEST(all.run.written() == (Texts{"out", "out/file"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(recovered_names_that_lead_out) {
  Image image({named(0, 5, "file")});
  image.put_file(1, {{0, image.main(3072)}});
  std::uint32_t next = ImageBuilder::kChain;
  for (const std::string_view name : {"../escaped", "..", ".", "/abs"}) {
    InodeImage file;
    file.raw.i_pino = 3;
    file.raw.i_namelen = static_cast<std::uint32_t>(name.size());
    std::copy(name.begin(), name.end(), file.raw.i_name.begin());
    image.put_block(image.main(next),
                    image.inode(9, file, {f2fs::kFsyncMark | f2fs::kDentryMark, 10, image.main(next + 1)}));
    ++next;
  }
  const Bounded all(image);
  BOOST_TEST(all.run.written() == (Texts{"out", "out/file"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_file_as_large_as_can_be_claimed) {
  for (const std::uint64_t size :
       {std::uint64_t{1} << 62, (std::uint64_t{1} << 63) - 1, std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    Image image;
    InodeImage file;
    file.raw.i_size = size;
    image.add_inode(5, 1, file);
    const auto volume = image.open();
    BOOST_REQUIRE(volume.has_value());
    const auto inode = (*volume)->inode({5});
    BOOST_REQUIRE(inode.has_value());
    const auto map = (*inode)->map();
    BOOST_REQUIRE(map.has_value());
    std::uint64_t at = 0;
    unsigned pieces = 0;
    for (; at < map->size() && pieces < 100; ++pieces) at = map->piece(at, map->size()).end;
    BOOST_TEST(at == size);
    BOOST_TEST((*inode)->findings().size() == (size >> 63 ? 1u : 0u));
  }
}

BOOST_AUTO_TEST_CASE(a_directory_as_large_as_can_be_claimed) {
  for (const std::uint64_t size : {std::uint64_t{1} << 40, std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    Image image;
    InodeImage dir(040755);
    dir.raw.i_links = 2;
    dir.raw.i_size = size;
    // Every block of it is the same one.
    image.put_block(image.main(3080), image.dentry_block({named(2, 5, "file")}));
    for (std::uint32_t i = 0; i < 923; ++i) dir.addrs[i] = image.main(3080);
    dir.nids = {20, 21, 22, 23, 24};
    std::map<std::uint32_t, std::uint32_t> same;
    for (std::uint32_t i = 0; i < 1018; ++i) same[i] = image.main(3080);
    image.add_node(20, 3, 2, image.node(20, 3, 1, same));
    image.add_node(21, 3, 3, image.node(21, 3, 2, same));
    image.add_inode(3, 0, dir);
    image.put_file(1, {{0, image.main(3072)}});
    const auto volume = image.open();
    BOOST_REQUIRE(volume.has_value());
    const auto entries = (*(*volume)->inode({3}))->entries();
    BOOST_REQUIRE(entries.has_value());
    BOOST_TEST(entries->entries.size() == 923u + 2 * 1018);
    BOOST_TEST(entries->findings.size() <= 102u);
  }
}

BOOST_AUTO_TEST_CASE(counts_that_no_image_bears_out) {
  {
    Image image;
    image.put_file(1, {{0, image.main(3072)}});
    // As many segments as there can be, most of which the image lacks.
    image.super.segment_count_main = image.super.section_count = 8 * 1024 * 1024 - 9;
    image.super.segment_count = 8 * 1024 * 1024;
    image.super.block_count = std::uint64_t{8} * 1024 * 1024 * 512 + 512;
    const auto refused = image.open();
    BOOST_REQUIRE(!refused);
    image.super.segment_count_main = image.super.section_count = 8 * 1024 * 1024 - 11;
    image.super.segment_count = 8 * 1024 * 1024 - 2;
    const long before = peak_memory();
    const auto volume = image.open();
    BOOST_REQUIRE(volume.has_value());
    BOOST_TEST((*volume)->check_metadata().back() ==
               "SIT blocks from 512 on are not there, and the main area needs them");
    BOOST_TEST((*volume)->inode({5}).has_value());
    BOOST_TEST(peak_memory() - before < 100L * 1024);
  }
  for (const std::uint32_t count : {1021u, 0xffffffffu}) {
    Image image;
    image.put_file(1, {{0, image.main(3072)}});
    image.packs[0].raw.ckpt_flags = f2fs::kCpUmountFlag | f2fs::kCpOrphanPresentFlag;
    image.packs[0].orphan_count = count;
    const Bounded all(image.source(), true);
    BOOST_TEST(all.run.entry("file").status == "ok");
  }
}

BOOST_AUTO_TEST_CASE(names_that_a_chain_adds_by_the_thousand) {
  Image image;
  image.put_file(1, {{0, image.main(3072)}});
  // Three segments of the main area: one new file a block, all in the root.
  constexpr std::uint32_t kFiles = 1500;
  for (std::uint32_t i = 0; i < kFiles; ++i) {
    const std::string name = "new" + std::to_string(i);
    InodeImage file;
    file.raw.i_pino = 3;
    file.raw.i_namelen = static_cast<std::uint32_t>(name.size());
    std::copy(name.begin(), name.end(), file.raw.i_name.begin());
    const std::uint32_t at = ImageBuilder::kChain + i;
    image.put_block(image.main(at),
                    image.inode(100 + i, file, {f2fs::kFsyncMark | f2fs::kDentryMark, 10, image.main(at + 1)}));
  }
  const auto began = std::chrono::steady_clock::now();
  const auto volume = image.open();
  BOOST_REQUIRE(volume.has_value());
  BOOST_TEST((*volume)->facts().replay.names == kFiles);
  BOOST_TEST((*(*volume)->inode({3}))->entries()->entries.size() == kFiles + 1);
  BOOST_TEST((std::chrono::steady_clock::now() - began < std::chrono::seconds(20)));
}

BOOST_AUTO_TEST_CASE(an_image_cut_anywhere_opens_or_is_refused_in_a_sentence) {
  Image image;
  image.put_file(2, {{0, image.main(3072)}, {1, image.main(4000)}});
  image.put_sit(4000 / f2fs::kBlocksPerSeg, {4000 % f2fs::kBlocksPerSeg});
  image.finish();
  for (const std::uint64_t blocks : {0u,    1u,    2u,    512u,  513u,  519u,  520u,  1024u, 1031u, 1032u,
                                     2560u, 2561u, 5120u, 5121u, 5122u, 8192u, 8193u, 9120u, 9121u, 13312u}) {
    for (const std::uint64_t more : {0u, 1u, 4095u}) {
      const auto cut = std::make_shared<coldread::test::SparseSource>(*image.disk, blocks * kK + more);
      BOOST_TEST_CONTEXT(blocks << " blocks and " << more << " bytes") {
        const Bounded all(cut);
        BOOST_TEST(all.run.refused.has_value() == (blocks < 520));
        if (all.run.refused) {
          BOOST_TEST(!all.run.refused->message().empty());
          continue;
        }
        BOOST_TEST(all.run.entry("").status == (blocks < 2561 ? "error" : blocks < 5121 ? "error" : "ok"));
        BOOST_TEST(all.run.entry("file").status == (blocks < 5121   ? ""
                                                    : blocks < 5122 ? "error"
                                                    : blocks < 9121 ? "damaged"
                                                                    : "ok"));
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::hostile
