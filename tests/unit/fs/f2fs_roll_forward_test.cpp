#include "fs/f2fs/roll_forward.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "fs/f2fs/directory_index.hpp"
#include "fs/f2fs/inode_map.hpp"
#include "fs/f2fs/xattr.hpp"
#include "tests/unit/fs/f2fs_image_builder.hpp"

namespace coldread::f2fs {
namespace {

using Texts = std::vector<std::string>;
using test::Dentry;
using test::ImageBuilder;
using test::InodeImage;
using test::Mark;

constexpr std::uint32_t kDir = 3;
constexpr std::uint32_t kOld = 5;  ///< a file that the checkpoint knows, of two blocks: "o" and "p"
constexpr std::uint32_t kNew = 9;  ///< one that it does not know
constexpr std::uint64_t kBlocks = 923;

Dentry named(std::uint32_t slot, std::uint32_t ino, const std::string& name) {
  return {slot, ino, name, name_hash(ByteView(as_bytes(name)))};
}

/// A filesystem whose root has the file "old", and the chain of nodes that were written after its checkpoint.
class Chain : public ImageBuilder {
 public:
  Chain() {
    add_inode(kDir, 0, inline_dir({named(0, kOld, "old"), named(1, 6, "other")}));
    add_inode(kOld, 1, old_file());
    add_inode(6, 2, InodeImage());
    for (char c = 'a'; c <= 'z'; ++c) fill_block(data(c), c);
    put_sit(3072 / kBlocksPerSeg, {'o' - 'a', 'p' - 'a'});
  }

  /// The block that is filled with a letter.
  [[nodiscard]] std::uint32_t data(char letter) const { return main(3072 + static_cast<std::uint32_t>(letter - 'a')); }

  [[nodiscard]] InodeImage old_file() const {
    InodeImage image = file(2, "old");
    image.addrs = {{0, data('o')}, {1, data('p')}};
    return image;
  }
  [[nodiscard]] static InodeImage file(std::uint64_t blocks, std::string_view name) {
    InodeImage image;
    image.raw.i_size = blocks * 4096;
    image.raw.i_pino = kDir;
    image.raw.i_namelen = static_cast<std::uint32_t>(name.size());
    std::copy(name.begin(), name.end(), image.raw.i_name.begin());
    return image;
  }

  void inode_node(std::uint32_t ino, const InodeImage& image, std::uint32_t flags = 0) {
    links.emplace_back([=, this](const Mark& mark) { return inode(ino, image, mark); });
    marks.push_back(flags);
  }
  void other_node(std::uint32_t nid, std::uint32_t ino, std::uint32_t offset,
                  const std::map<std::uint32_t, std::uint32_t>& entries, std::uint32_t flags = 0) {
    links.emplace_back([=, this](const Mark& mark) { return node(nid, ino, offset, entries, mark); });
    marks.push_back(flags);
  }

  /// Writes the chain: each node names the next, the last one what follows it, where nothing is.
  void write(std::uint64_t cp_ver = kVersion) {
    for (std::uint32_t i = 0; i < links.size(); ++i) {
      put_block(main(kChain + i), links[i]({marks[i], cp_ver, main(kChain + i + 1)}));
    }
  }
  [[nodiscard]] RollForward roll() {
    write();
    return roll_forward(filesystem());
  }
  [[nodiscard]] std::shared_ptr<const volume::Volume> mounted(bool replay = true) {
    write();
    OpenOptions options;
    options.replay = replay;
    auto volume = open(options);
    BOOST_REQUIRE(volume.has_value());
    return *volume;
  }

  std::vector<std::function<Bytes(const Mark&)>> links;
  std::vector<std::uint32_t> marks;
};

constexpr std::uint32_t kSynced = kFsyncMark;
constexpr std::uint32_t kNamed = kFsyncMark | kDentryMark;

/// A file's blocks by the letters that fill them: "." for a hole, "-" for one that is not written, "!" for a fault.
std::string letters(const volume::Volume& volume, std::uint64_t ino) {
  const auto inode = volume.inode({ino});
  if (!inode) return inode.error().message();
  const auto map = (*inode)->map();
  BOOST_REQUIRE(map.has_value());
  std::string text;
  for (std::uint64_t at = 0; at < map->size();) {
    const read::MapPiece piece = map->piece(at, map->size());
    for (const read::Extent& extent : piece.extents) {
      if (extent.kind == read::ExtentKind::kInline) return "inline " + std::to_string(extent.length);
      for (std::uint64_t i = 0; i < extent.length; i += 4096) {
        char letter = extent.kind == read::ExtentKind::kHole ? '.' : '-';
        if (has_source(extent.kind)) {
          Bytes byte(1);
          BOOST_REQUIRE(source::read_exactly(*volume.source(), extent.source_offset + i, byte).has_value());
          letter = static_cast<char>(byte[0]);
        }
        text += letter;
      }
    }
    for (const read::MapFault& fault : piece.faults) text[fault.range.offset / 4096] = '!';
    at = piece.end;
  }
  return text;
}

/// Runs of one letter as "letter*count".
std::string runs(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t end = std::min(text.find_first_not_of(text[i], i), text.size());
    out += std::string(1, text[i]) + (end - i > 1 ? "*" + std::to_string(end - i) : "") + " ";
    i = end;
  }
  return out;
}

Texts names(const volume::Volume& volume, std::uint64_t directory = kDir) {
  Texts all;
  const auto inode = volume.inode({directory});
  BOOST_REQUIRE(inode.has_value());
  const auto directory_entries = (*inode)->entries();
  BOOST_REQUIRE(directory_entries.has_value());
  for (const volume::DirEntry& e : directory_entries->entries) {
    all.push_back(e.name + "=" + std::to_string(e.inode.value));
  }
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(f2fs_roll_forward)

BOOST_AUTO_TEST_CASE(nothing_to_recover) {
  Chain chain;
  const RollForward none = chain.roll();
  BOOST_TEST(!none.needed);
  BOOST_TEST(!none.nodes);
  BOOST_TEST(none.findings.empty());
  BOOST_TEST(letters(*chain.mounted(), kOld) == "op");
  BOOST_TEST(!chain.mounted()->facts().replay.needed);
}

// The scenarios at the top of fs/f2fs/recovery.c: what stands before the bar is in the checkpoint.
BOOST_AUTO_TEST_CASE(inode_then_fsynced_dnode) {  // 1. inode(x) | CP | inode(x) | dnode(kSynced)
  Chain chain;
  InodeImage inode = chain.old_file();
  inode.raw.i_size = (kBlocks + 1) * 4096;
  inode.raw.i_mtime = 77;
  inode.nids[0] = 20;
  chain.inode_node(kOld, inode);
  chain.other_node(20, kOld, 1, {{0, chain.data('x')}}, kSynced);
  const auto volume = chain.mounted();
  BOOST_TEST(runs(letters(*volume, kOld)) == "o p .*921 x ");
  BOOST_TEST((*volume->inode({kOld}))->facts().mtime.seconds == 77);
  BOOST_TEST(volume->facts().replay.applied == 2u);
  BOOST_TEST(volume->facts().replay.kind == "roll-forward");
  BOOST_TEST(volume->facts().replay.whole);
  BOOST_TEST(letters(*chain.mounted(false), kOld) == "op");
}

BOOST_AUTO_TEST_CASE(both_fsynced) {  // 2. inode(x) | CP | inode(kSynced) | dnode(kSynced)
  Chain chain;
  InodeImage inode = chain.old_file();
  inode.addrs[1] = chain.data('q');
  chain.inode_node(kOld, inode, kSynced);
  chain.other_node(20, kOld, 1, {{0, chain.data('x')}}, kSynced);
  BOOST_TEST(runs(letters(*chain.mounted(), kOld)) == "o q .*921 x ");
}

BOOST_AUTO_TEST_CASE(an_inode_after_the_last_fsync_is_dropped) {  // 3. inode(x) | CP | dnode(kSynced) | inode(x)
  Chain chain;
  InodeImage inode = chain.old_file();
  inode.raw.i_mtime = 77;
  inode.addrs[0] = chain.data('z');
  chain.other_node(20, kOld, 1, {{0, chain.data('x')}}, kSynced);
  chain.inode_node(kOld, inode);
  const auto volume = chain.mounted();
  BOOST_TEST(runs(letters(*volume, kOld)) == "o p .*921 x ");
  BOOST_TEST((*volume->inode({kOld}))->facts().mtime.seconds == 0);
  BOOST_TEST(volume->facts().replay.applied == 1u);
}

BOOST_AUTO_TEST_CASE(dnode_then_inode) {  // 4. inode(x) | CP | dnode(kSynced) | inode(kSynced)
  Chain chain;
  InodeImage inode = chain.old_file();
  inode.raw.i_size = (kBlocks + 2) * 4096;
  inode.addrs[0] = chain.data('z');
  chain.other_node(20, kOld, 1, {{0, chain.data('x')}}, kSynced);
  chain.inode_node(kOld, inode, kSynced);
  BOOST_TEST(runs(letters(*chain.mounted(), kOld)) == "z p .*921 x . ");
}

BOOST_AUTO_TEST_CASE(a_new_file_whose_inode_was_not_fsynced) {  // 5. CP | inode(x) | dnode(kSynced)
  Chain chain;
  chain.inode_node(kNew, Chain::file(1, "new"));
  chain.other_node(20, kNew, 1, {{0, chain.data('x')}}, kSynced);
  BOOST_TEST(!chain.roll().needed);
  BOOST_TEST(letters(*chain.mounted(), kNew) == "inode 9: it is not in use");
}

BOOST_AUTO_TEST_CASE(a_new_file) {  // 6. CP | inode(kNamed) | dnode(kSynced)
  Chain chain;
  InodeImage inode = Chain::file(1, "new");
  inode.addrs = {{0, chain.data('n')}};
  inode.raw.i_links = 7;              // recovery makes it one
  inode.nids = {20, 21, 22, 23, 24};  // and knows none of these
  inode.raw.i_xattr_nid = 25;
  chain.inode_node(kNew, inode, kNamed);
  chain.other_node(20, kNew, 1, {{1, chain.data('x')}}, kSynced);
  const auto volume = chain.mounted();
  BOOST_TEST(runs(letters(*volume, kNew)) == "n .*923 x ");
  const auto made = volume->inode({kNew});
  BOOST_TEST((*made)->facts().links == 1u);
  BOOST_TEST((*made)->xattrs().findings.empty());
  BOOST_TEST(names(*volume) == (Texts{"new=9", "old=5", "other=6"}), boost::test_tools::per_element());
  BOOST_TEST(volume->facts().replay.names == 1u);
  BOOST_TEST((volume->facts().replay.inodes == std::vector<std::uint64_t>{kNew}));
  BOOST_TEST(names(*chain.mounted(false)) == (Texts{"old=5", "other=6"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_new_file_whose_inode_comes_last) {  // 7. CP | dnode(kSynced) | inode(kNamed)
  Chain chain;
  InodeImage inode = Chain::file(kBlocks + 1, "new");
  inode.addrs = {{0, chain.data('n')}};
  chain.other_node(20, kNew, 1, {{0, chain.data('x')}}, kSynced);
  chain.inode_node(kNew, inode, kNamed);
  const auto volume = chain.mounted();
  BOOST_TEST(runs(letters(*volume, kNew)) == "n .*922 x ");
  BOOST_TEST(names(*volume) == (Texts{"new=9", "old=5", "other=6"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_new_file_without_a_fsynced_inode) {  // 8. CP | dnode(kSynced) | inode(x)
  Chain chain;
  chain.other_node(20, kNew, 1, {{0, chain.data('x')}}, kSynced);
  chain.inode_node(kNew, Chain::file(1, "new"));
  chain.inode_node(kNew, Chain::file(1, "new"), kDentryMark);  // without the fsync mark this says nothing
  BOOST_TEST(!chain.roll().needed);
}

BOOST_AUTO_TEST_CASE(what_recovery_keeps_of_the_checkpoint) {
  Chain chain;
  InodeImage before = chain.old_file();
  before.raw.i_links = 3;
  before.raw.i_generation = 50;
  before.nids[1] = 30;
  chain.add_inode(kOld, 1, before);
  chain.add_node(30, kOld, 8, chain.node(30, kOld, 2, {{0, chain.data('k')}}));
  InodeImage after = before;
  after.raw.i_links = 2;
  after.raw.i_mode = 0100600;
  after.raw.i_uid = 1000;
  after.raw.i_flags = 0x10;
  after.raw.i_size = (kBlocks + 1018 + 1) * 4096;
  after.nids = {1, 2, 3, 4, 5};
  chain.inode_node(kOld, after, kSynced);
  const auto volume = chain.mounted();
  const auto inode = volume->inode({kOld});
  BOOST_TEST((*inode)->facts().links == 3u);
  BOOST_TEST((*inode)->facts().mode == 0600u);
  BOOST_TEST((*inode)->facts().uid == 1000u);
  BOOST_TEST(runs(letters(*volume, kOld)) == "o p .*1939 k ");
}

BOOST_AUTO_TEST_CASE(which_nodes_belong_to_the_checkpoint) {
  const auto needed = [](std::uint32_t flags, std::uint64_t version, std::uint32_t high) {
    Chain chain;
    chain.packs[0].raw.ckpt_flags = flags;
    chain.other_node(20, kOld, 1, {{0, chain.data('x')}}, kSynced);
    chain.write(version | std::uint64_t{high == 1 ? chain.pack_crc(0) : high} << 32);
    return roll_forward(chain.filesystem()).needed;
  };
  BOOST_TEST(needed(0, 10, 0));
  BOOST_TEST(!needed(0, 9, 0));
  BOOST_TEST(!needed(0, 11, 0));
  BOOST_TEST(!needed(0, 10, 7));
  BOOST_TEST(needed(kCpCrcRecoveryFlag, 10, 1));
  BOOST_TEST(!needed(kCpCrcRecoveryFlag, 10, 0));
  BOOST_TEST(!needed(kCpCrcRecoveryFlag, 10, 7));
  BOOST_TEST(!needed(kCpCrcRecoveryFlag, 9, 1));
  BOOST_TEST(needed(kCpNocrcRecoveryFlag, 10, 7));
  BOOST_TEST(needed(kCpNocrcRecoveryFlag | kCpCrcRecoveryFlag, 10, 0));
  BOOST_TEST(!needed(kCpNocrcRecoveryFlag, 11, 0));
}

BOOST_AUTO_TEST_CASE(the_chain_ends_at_what_another_checkpoint_wrote) {
  Chain chain;
  chain.other_node(20, kOld, 1, {{0, chain.data('x')}}, kSynced);
  chain.other_node(20, kOld, 1, {{0, chain.data('y')}}, kSynced);
  chain.write();
  chain.put_block(chain.main(ImageBuilder::kChain + 1),
                  chain.node(20, kOld, 1, {{0, chain.data('y')}}, {kSynced, 9, 0}));
  const RollForward forward = roll_forward(chain.filesystem());
  BOOST_TEST(forward.applied == 1u);
  BOOST_TEST(forward.nodes->direct(kOld, 1) == chain.main(ImageBuilder::kChain));
}

BOOST_AUTO_TEST_CASE(a_name_that_another_file_has) {
  Chain chain;
  InodeImage inode = Chain::file(1, "old");
  inode.addrs = {{0, chain.data('n')}};
  chain.inode_node(kNew, inode, kNamed);
  const auto volume = chain.mounted();
  BOOST_TEST(names(*volume) == (Texts{"old=9", "other=6"}), boost::test_tools::per_element());
  BOOST_TEST(!volume->inode({kOld}).has_value());
  const auto gone = volume->nameless_inode({kOld});
  BOOST_REQUIRE(!gone);
  BOOST_TEST((gone.error().kind == ErrorKind::kNotFound));
}

BOOST_AUTO_TEST_CASE(a_name_of_several_that_another_file_takes) {
  Chain chain;
  InodeImage linked = chain.old_file();
  linked.raw.i_links = 2;
  chain.add_inode(kOld, 1, linked);
  chain.inode_node(kNew, Chain::file(0, "old"), kNamed);
  const auto volume = chain.mounted();
  BOOST_TEST((*volume->inode({kOld}))->facts().links == 1u);
  BOOST_TEST(letters(*volume, kOld) == "op");
}

BOOST_AUTO_TEST_CASE(a_name_that_the_file_has_already) {
  Chain chain;
  chain.inode_node(kOld, chain.old_file(), kNamed);
  const auto volume = chain.mounted();
  BOOST_TEST(names(*volume) == (Texts{"old=5", "other=6"}), boost::test_tools::per_element());
  BOOST_TEST(volume->facts().replay.names == 0u);
  BOOST_TEST((*volume->inode({kOld}))->facts().links == 1u);
}

BOOST_AUTO_TEST_CASE(a_name_taken_twice) {
  Chain chain;
  chain.inode_node(kNew, Chain::file(0, "new"), kNamed);
  chain.inode_node(10, Chain::file(0, "new"), kNamed);
  const auto volume = chain.mounted();
  BOOST_TEST(names(*volume) == (Texts{"new=10", "old=5", "other=6"}), boost::test_tools::per_element());
  BOOST_TEST(!volume->inode({kNew}).has_value());
}

BOOST_AUTO_TEST_CASE(a_directory_whose_name_a_new_file_takes) {
  Chain chain;
  chain.add_inode(kDir, 0, chain.inline_dir({named(0, kOld, "old"), named(1, 7, "dir")}));
  chain.add_inode(7, 4, chain.inline_dir({}));
  chain.inode_node(kNew, Chain::file(0, "dir"), kNamed);
  const auto volume = chain.mounted();
  BOOST_TEST(names(*volume) == (Texts{"dir=9", "old=5"}), boost::test_tools::per_element());
  BOOST_TEST(!volume->inode({7}).has_value());
  const auto gone = volume->nameless_inode({7});
  BOOST_REQUIRE(!gone);
  BOOST_TEST((gone.error().kind == ErrorKind::kNotFound));
}

BOOST_AUTO_TEST_CASE(the_parent_of_a_directory_that_was_replaced) {
  Chain chain;
  InodeImage root = chain.inline_dir({named(0, 7, "dir")});
  root.raw.i_links = 3;
  chain.add_inode(kDir, 0, root);
  chain.add_inode(7, 4, chain.inline_dir({}));
  chain.inode_node(kNew, Chain::file(0, "dir"), kNamed);
  BOOST_TEST((*chain.mounted()->inode({kDir}))->facts().links == 2u);
}

BOOST_AUTO_TEST_CASE(only_the_last_name_is_added) {
  Chain chain;
  chain.inode_node(kNew, Chain::file(0, "first"), kNamed);
  chain.inode_node(kNew, Chain::file(0, "second"), kNamed);
  BOOST_TEST(names(*chain.mounted()) == (Texts{"old=5", "other=6", "second=9"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(names_that_cannot_be_added) {
  const auto why = [](const InodeImage& inode) {
    Chain chain;
    chain.inode_node(kNew, inode, kNamed);
    const RollForward forward = chain.roll();
    BOOST_TEST(!forward.whole);
    BOOST_TEST(forward.names == 0u);
    return forward.findings.empty() ? "" : forward.findings[0];
  };
  const std::string start = "roll-forward: the name of inode 9 cannot be added to inode ";
  InodeImage inode = Chain::file(0, "new");
  inode.raw.i_pino = kOld;
  BOOST_TEST(why(inode) == start + "5: that is no directory, or the name has no length");
  inode.raw.i_pino = 99;
  BOOST_TEST(why(inode) == start + "99: inode 99: it is not in use");
  inode.raw.i_pino = kDir;
  inode.raw.i_namelen = 0;
  BOOST_TEST(why(inode) == start + "3: that is no directory, or the name has no length");
  inode.raw.i_namelen = 256;
  BOOST_TEST(why(inode) == start + "3: that is no directory, or the name has no length");
}

BOOST_AUTO_TEST_CASE(names_that_no_directory_can_hold) {
  for (const std::string& name : {std::string("a/b"), std::string("a\0b", 3), std::string(".."), std::string(".")}) {
    Chain chain;
    chain.inode_node(kNew, Chain::file(0, name), kNamed);
    const auto volume = chain.mounted();
    BOOST_TEST(names(*volume) == (Texts{"old=5", "other=6"}), boost::test_tools::per_element());
    BOOST_TEST(!volume->facts().replay.whole);
  }
}

BOOST_AUTO_TEST_CASE(sizes_grow_with_recovered_blocks) {
  Chain chain;
  chain.other_node(20, kOld, 1, {{0, chain.data('x')}, {7, kNewAddr}}, kSynced);
  BOOST_TEST(runs(letters(*chain.mounted(), kOld)) == "o p .*921 x .*6 - ");
}

BOOST_AUTO_TEST_CASE(sizes_do_not_grow_with_blocks_that_were_there) {
  Chain chain;
  InodeImage inode = chain.old_file();
  inode.nids[0] = 20;
  chain.add_inode(kOld, 1, inode);
  chain.add_node(20, kOld, 8, chain.node(20, kOld, 1, {{3, chain.data('k')}, {5, chain.data('l')}}));
  chain.other_node(20, kOld, 1, {{0, chain.data('x')}, {3, chain.data('k')}}, kSynced);
  BOOST_TEST(runs(letters(*chain.mounted(), kOld)) == "o p .*921 x ");
}

BOOST_AUTO_TEST_CASE(a_file_that_keeps_its_size) {
  Chain chain;
  InodeImage inode = chain.old_file();
  inode.raw.i_advise = kAdviseKeepSize;
  chain.inode_node(kOld, inode, kSynced);
  chain.other_node(20, kOld, 1, {{0, chain.data('x')}}, kSynced);
  BOOST_TEST(letters(*chain.mounted(), kOld) == "op");
}

BOOST_AUTO_TEST_CASE(blocks_in_a_recovered_inode_make_it_larger_too) {
  Chain chain;
  InodeImage inode = chain.old_file();
  inode.addrs[4] = chain.data('x');
  inode.addrs[6] = kNewAddr;
  chain.inode_node(kOld, inode, kSynced);
  BOOST_TEST(letters(*chain.mounted(), kOld) == "op..x.-");
  Chain kept;
  inode.raw.i_advise = kAdviseKeepSize;
  kept.inode_node(kOld, inode, kSynced);
  BOOST_TEST(letters(*kept.mounted(), kOld) == "op");
  Chain same;
  InodeImage before = same.old_file();
  before.addrs[4] = same.data('x');  // blocks past the end that were there already
  same.add_inode(kOld, 1, before);
  same.inode_node(kOld, before, kSynced);
  BOOST_TEST(letters(*same.mounted(), kOld) == "op");
}

BOOST_AUTO_TEST_CASE(a_new_inode_with_blocks_past_its_size) {
  Chain chain;
  InodeImage inode = Chain::file(1, "new");
  inode.addrs = {{0, chain.data('n')}, {2, chain.data('x')}};
  chain.inode_node(kNew, inode, kNamed);
  BOOST_TEST(letters(*chain.mounted(), kNew) == "n.x");
}

BOOST_AUTO_TEST_CASE(a_block_of_another_file) {
  for (const bool in_node : {false, true}) {
    for (const std::uint32_t ino : {kNew, 6u}) {
      Chain chain;
      chain.put_sit(6, {14, 15});
      // The summary of "p": the second address of inode kOld.
      chain.put(chain.byte_of(chain.super.ssa_blkaddr + 6) + std::uint64_t{15} * 7, RawSummary{kOld, 0, 1});
      InodeImage inode = Chain::file(1, "new");
      inode.addrs = {{0, chain.data(in_node ? 'n' : 'p')}};
      chain.inode_node(ino, inode, kNamed);
      if (in_node) chain.other_node(20, ino, 1, {{0, chain.data('p')}}, kSynced);
      const auto volume = chain.mounted();
      BOOST_TEST(letters(*volume, kOld) == "o.");
      BOOST_TEST(letters(*volume, ino).back() == 'p');
    }
  }
}

BOOST_AUTO_TEST_CASE(hashes_that_are_kept_behind_the_name) {
  Chain chain;
  chain.super.feature = kFeatureCasefold | kFeatureEncrypt;
  InodeImage root = chain.inline_dir({});
  root.raw.i_flags = kCasefoldFl;
  root.raw.i_advise = kAdviseEncrypt;
  chain.add_inode(kDir, 0, root);
  InodeImage inode = Chain::file(0, std::string(16, 'c'));
  inode.raw.i_name[16] = 0x78;
  inode.raw.i_name[19] = 0x12;
  chain.inode_node(kNew, inode, kNamed);
  const auto volume = chain.mounted();
  const auto entries = (*volume->inode({kDir}))->entries();
  BOOST_REQUIRE((entries && entries->entries.size() == 1));
  BOOST_TEST(entries->entries[0].hash[0] == 0x12000078u);
  Chain full;
  full.super.feature = chain.super.feature;
  full.add_inode(kDir, 0, root);
  full.inode_node(kNew, Chain::file(0, std::string(252, 'c')), kNamed);
  const RollForward forward = full.roll();
  BOOST_TEST(forward.names == 0u);
  BOOST_TEST(!forward.whole);
}

BOOST_AUTO_TEST_CASE(a_later_size_wins) {
  Chain chain;
  InodeImage inode = chain.old_file();
  inode.raw.i_size = 4096;
  inode.addrs.erase(1);
  chain.other_node(20, kOld, 1, {{0, chain.data('x')}}, kSynced);
  chain.inode_node(kOld, inode, kSynced);
  BOOST_TEST(letters(*chain.mounted(), kOld) == "o");
}

BOOST_AUTO_TEST_CASE(the_last_of_several_dnodes) {
  Chain chain;
  chain.other_node(20, kOld, 1, {{0, chain.data('x')}, {1, chain.data('y')}}, kSynced);
  chain.other_node(20, kOld, 1, {{0, chain.data('w')}}, kSynced);
  BOOST_TEST(runs(letters(*chain.mounted(), kOld)) == "o p .*921 w . ");
}

BOOST_AUTO_TEST_CASE(a_dnode_far_out_in_a_hole) {
  Chain chain;
  InodeImage inode = chain.old_file();
  inode.raw.i_size = (kBlocks + 5090 + 2) * 4096;
  inode.raw.i_mtime = 1;
  chain.inode_node(kOld, inode, kSynced);
  chain.other_node(77, kOld, 6, {{0, chain.data('x')}}, kSynced);  // the third below the first indirect node
  chain.other_node(78, kOld, 7, {{1, chain.data('y')}}, kSynced);
  const auto volume = chain.mounted();
  BOOST_TEST(runs(letters(*volume, kOld)) == "o p .*" + std::to_string(921 + 4 * 1018) + " x .*1018 y ");
}

BOOST_AUTO_TEST_CASE(inline_data_that_became_blocks) {
  Chain chain;
  InodeImage inline_file = Chain::file(0, "old");
  inline_file.raw.i_size = 100;
  inline_file.raw.i_inline = kInlineData | kDataExist;
  inline_file.inline_bytes = Bytes(100, std::byte{'i'});
  chain.add_inode(kOld, 1, inline_file);
  BOOST_TEST(letters(*chain.mounted(), kOld) == "inline 100");
  {
    Chain by_inode = chain;
    by_inode.disk = std::make_shared<coldread::test::SparseSource>(*chain.disk, chain.disk->size());
    by_inode.links.clear();
    by_inode.inode_node(kOld, chain.old_file(), kSynced);
    BOOST_TEST(letters(*by_inode.mounted(), kOld) == "op");
  }
  // Only a node below it was fsync'd: what was inline is gone.
  chain.other_node(20, kOld, 1, {{0, chain.data('x')}}, kSynced);
  BOOST_TEST(runs(letters(*chain.mounted(), kOld)) == ".*923 x ");
}

BOOST_AUTO_TEST_CASE(blocks_that_became_inline_data) {
  Chain chain;
  InodeImage before = chain.old_file();
  before.nids[0] = 20;
  chain.add_inode(kOld, 1, before);
  chain.add_node(20, kOld, 8, chain.node(20, kOld, 1, {{0, chain.data('k')}}));
  InodeImage inline_file = Chain::file(0, "old");
  inline_file.raw.i_size = 5;
  inline_file.raw.i_inline = kInlineData | kDataExist;
  inline_file.inline_bytes = Bytes(5, std::byte{'i'});
  chain.inode_node(kOld, inline_file, kSynced);
  auto volume = chain.mounted();
  BOOST_TEST(letters(*volume, kOld) == "inline 5");
  const auto map = (*volume->inode({kOld}))->map();
  BOOST_TEST(map->piece(0, 5).extents[0].source_offset == chain.byte_of(chain.main(ImageBuilder::kChain)) + 364);
  // And blocks again: what was below it before is not there any more.
  InodeImage again = chain.old_file();
  again.raw.i_size = (kBlocks + 1) * 4096;
  chain.inode_node(kOld, again, kSynced);
  BOOST_TEST(runs(letters(*chain.mounted(), kOld)) == "o p .*922 ");
}

BOOST_AUTO_TEST_CASE(attributes) {
  Chain chain;
  InodeImage before = chain.old_file();
  before.raw.i_xattr_nid = 40;
  before.inline_xattrs = test::xattr_area({test::xattr_entry(1, "in", "old")});
  chain.add_inode(kOld, 1, before);
  const auto area = [&](std::string_view value, const Mark& mark) {
    Bytes bytes = chain.node(40, kOld, kXattrNodeOffset, {}, mark);
    // The list goes on behind the room in the inode, whose end marker it stands behind: it is read where that is full.
    test::patch_bytes(bytes, 0, test::xattr_entry(1, "node", value));
    return bytes;
  };
  before.inline_xattrs = test::xattr_area({test::xattr_entry(1, "in", std::string(170, 'o'))});
  chain.add_inode(kOld, 1, before);
  chain.add_node(40, kOld, 8, area("old", {}));
  InodeImage after = before;
  after.inline_xattrs = test::xattr_area({test::xattr_entry(1, "in", std::string(170, 'n'))});
  after.raw.i_xattr_nid = 0;
  const auto shown = [&](const volume::Volume& volume) {
    Texts all;
    for (const volume::Xattr& x : (*volume.inode({kOld}))->xattrs().list) {
      all.push_back(x.name + "=" + std::string(as_chars(x.value)).substr(0, 3));
    }
    return all;
  };
  chain.inode_node(kOld, after, kSynced);
  BOOST_TEST(shown(*chain.mounted()) == (Texts{"user.in=nnn", "user.node=old"}), boost::test_tools::per_element());
  chain.links.emplace_back([&](const Mark& mark) { return area("new", mark); });
  chain.marks.push_back(kSynced);
  BOOST_TEST(shown(*chain.mounted()) == (Texts{"user.in=nnn", "user.node=new"}), boost::test_tools::per_element());
  BOOST_TEST(shown(*chain.mounted(false)) == (Texts{"user.in=ooo", "user.node=old"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_chain_that_comes_back) {
  Chain chain;
  chain.other_node(20, kOld, 1, {{0, chain.data('x')}}, kSynced);
  chain.other_node(20, kOld, 1, {{0, chain.data('y')}}, kSynced);
  chain.write();
  const std::uint32_t first = chain.main(ImageBuilder::kChain);
  chain.put_block(first + 1, chain.node(20, kOld, 1, {{0, chain.data('y')}}, {kSynced, 10, first}));
  const RollForward forward = roll_forward(chain.filesystem());
  BOOST_TEST(forward.applied == 2u);
  BOOST_TEST(!forward.whole);
  BOOST_TEST(forward.findings == (Texts{"roll-forward: the chain of nodes comes back to block " +
                                        std::to_string(first) + "; it is followed up to there"}),
             boost::test_tools::per_element());
  chain.put_block(first, chain.node(20, kOld, 1, {{0, chain.data('y')}}, {kSynced, 10, first}));
  BOOST_TEST(roll_forward(chain.filesystem()).applied == 1u);
}

BOOST_AUTO_TEST_CASE(a_block_of_the_chain_that_cannot_be_read) {
  Chain chain;
  chain.other_node(20, kOld, 1, {{0, chain.data('x')}}, kSynced);
  chain.other_node(20, kOld, 1, {{0, chain.data('y')}}, kSynced);
  chain.write();
  const std::uint32_t second = chain.main(ImageBuilder::kChain + 1);
  chain.disk->spoil(chain.byte_of(second), 1);
  const RollForward forward = roll_forward(chain.filesystem());
  BOOST_TEST(forward.applied == 1u);
  BOOST_TEST(!forward.whole);
  BOOST_TEST(forward.findings == (Texts{"roll-forward: block " + std::to_string(second) +
                                        " cannot be read, so that what was fsync'd after it is lost: image offset " +
                                        std::to_string(chain.byte_of(second)) + ": it is spoiled"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(nodes_that_cannot_be_a_files) {
  Chain chain;
  chain.other_node(20, kOld, 3, {{0, 21}}, kSynced);           // an indirect node
  chain.other_node(21, kOld, 0x1ffffffe, {{0, 21}}, kSynced);  // past all
  const RollForward forward = chain.roll();
  BOOST_TEST(!forward.whole);
  BOOST_TEST(forward.findings ==
                 (Texts{"roll-forward: node 20 of inode 5 has node offset 3, where no direct node can be",
                        "roll-forward: node 21 of inode 5 has node offset 536870910, where no direct node can be"}),
             boost::test_tools::per_element());
  BOOST_TEST(letters(*chain.mounted(), kOld) == "op");
}

BOOST_AUTO_TEST_CASE(where_the_chain_cannot_begin) {
  for (const std::uint32_t segment : {16u, 0x7fffffu, 0x800000u, 0xffffffffu}) {
    Chain chain;
    chain.other_node(20, kOld, 1, {{0, chain.data('x')}}, kSynced);
    chain.packs[0].raw.cur_node_segno[1] = segment;
    BOOST_TEST(!chain.roll().needed);
  }
  Chain chain;
  chain.other_node(20, kOld, 1, {{0, chain.data('x')}}, kSynced);
  chain.packs[0].raw.cur_node_blkoff[1] = 1;
  BOOST_TEST(!chain.roll().needed);
}

BOOST_AUTO_TEST_CASE(a_disabled_checkpoint_is_not_rolled_forward) {
  Chain chain;
  chain.packs[0].raw.ckpt_flags = kCpUmountFlag | kCpDisabledFlag;
  chain.other_node(20, kOld, 1, {{0, chain.data('x')}}, kSynced);
  const auto volume = chain.mounted();
  BOOST_TEST(letters(*volume, kOld) == "op");
  BOOST_TEST(!volume->facts().replay.needed);
}

BOOST_AUTO_TEST_CASE(an_older_checkpoint_is_not_rolled_forward) {
  Chain chain;
  chain.put_sit(6, {14, 15});
  chain.other_node(20, kOld, 1, {{0, chain.data('x')}}, kSynced);
  chain.write(9);
  OpenOptions options;
  options.checkpoint = 9;
  const auto volume = chain.open(options);
  BOOST_REQUIRE(volume.has_value());
  BOOST_TEST(letters(**volume, kOld) == "op");
  BOOST_TEST(!(*volume)->facts().replay.needed);
}

BOOST_AUTO_TEST_CASE(orphans) {
  Chain chain;
  chain.packs[0].orphans = {6, 0xffffffff, 6};
  Findings findings;
  BOOST_TEST(read_orphans(*chain.filesystem(), findings).empty());  // without the flag there are none
  chain.packs[0].raw.ckpt_flags = kCpUmountFlag | kCpOrphanPresentFlag;
  BOOST_TEST((read_orphans(*chain.filesystem(), findings) == std::vector<std::uint32_t>{6, 0xffffffff, 6}));
  BOOST_TEST(findings.empty());
  const auto gone = chain.mounted()->nameless_inode({6});
  BOOST_REQUIRE(!gone);
  BOOST_TEST((gone.error().kind == ErrorKind::kNotFound));
  BOOST_TEST(chain.mounted(false)->nameless_inode({6}).has_value());

  chain.packs[0].orphan_count = 1020;
  BOOST_TEST(read_orphans(*chain.filesystem(), findings).size() == 1020u);
  BOOST_TEST(findings.empty());
  chain.packs[0].orphan_count = 0xffffffff;
  BOOST_TEST(read_orphans(*chain.filesystem(), findings).size() == 1020u);
  BOOST_TEST(findings == (Texts{"orphan block 0: it claims 4294967295 entries"}), boost::test_tools::per_element());
  findings.clear();
  const auto filesystem = chain.filesystem();
  chain.disk->spoil(chain.byte_of(513), 1);
  BOOST_TEST(read_orphans(*filesystem, findings).empty());
  BOOST_TEST(findings == (Texts{"orphan block 0: image offset 2101248: it is spoiled"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(orphans_of_a_disabled_checkpoint_are_deleted_too) {
  Chain chain;
  chain.packs[0].orphans = {6};
  chain.packs[0].raw.ckpt_flags = kCpUmountFlag | kCpOrphanPresentFlag | kCpDisabledFlag;
  BOOST_TEST(!chain.mounted()->nameless_inode({6}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::f2fs
