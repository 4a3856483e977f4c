#include "fs/f2fs/inode_record.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "fs/f2fs/inode_checksum.hpp"
#include "fs/f2fs/recovered_nodes.hpp"

namespace coldread::f2fs {
namespace {

constexpr std::uint32_t kAddrsAt = sizeof(RawInode);

/// True where a field of the extra attributes that ends at byte `end` is there (F2FS_FITS_IN_INODE).
bool fits(const InodeRecord& inode, std::size_t end) { return std::size_t{inode.extra_addrs} * kAddrSize >= end; }

template <class Field>
constexpr std::size_t end_of(std::size_t offset) {
  return offset + sizeof(Field);
}

void note(InodeRecord& inode, const std::string& what) { inode.findings.push_back(inode.where() + ": " + what); }

void parse_extra(const Superblock& s, InodeRecord& inode) {
  const ByteView view(inode.node.bytes);
  if (!inode.has_inline(kExtraAttr)) return;
  if (!s.has(kFeatureExtraAttr)) note(inode, "it has extra attributes, and the filesystem lacks their feature");
  const std::uint32_t size = view.load<Le16>(kAddrsAt)->get();
  if (size > sizeof(RawExtraAttr) || size < sizeof(Le32) || size % kAddrSize != 0) {
    note(inode, "i_extra_isize is " + std::to_string(size) + ", which cannot be");
  }
  // Where the block addresses begin follows from it all the same.
  inode.extra_addrs = std::min(size / kAddrSize, s.addrs_per_inode());
  Bytes padded(sizeof(RawExtraAttr));
  const auto there = std::min<std::size_t>(std::size_t{inode.extra_addrs} * kAddrSize, sizeof(RawExtraAttr));
  const ByteSpan stored = view.sub(kAddrsAt, there)->span();
  std::copy(stored.begin(), stored.end(), padded.begin());
  inode.extra = *ByteView(padded).load<RawExtraAttr>(0);
}

void parse_inline_xattr_size(const Superblock& s, InodeRecord& inode) {
  if (s.has(kFeatureFlexibleInlineXattr)) {
    inode.inline_xattr_addrs =
        ByteView(inode.node.bytes).load<Le16>(kAddrsAt + offsetof(RawExtraAttr, i_inline_xattr_size))->get();
    constexpr std::uint32_t kMin = sizeof(RawXattrHeader) / kAddrSize;
    constexpr std::uint32_t kMinDentries = 40 / kAddrSize;
    constexpr std::uint32_t kExtra = sizeof(RawExtraAttr) / kAddrSize;
    const std::uint32_t most = s.addrs_per_inode() - kExtra - kInlineReservedAddrs - kMinDentries;
    const bool too_small = inode.has_inline(kInlineXattr) && inode.inline_xattr_addrs < kMin;
    if (inode.inline_xattr_addrs > most || too_small) {
      note(inode, "i_inline_xattr_size is " + std::to_string(inode.inline_xattr_addrs) + ", which cannot be");
    }
  } else if (inode.has_inline(kInlineXattr) || inode.has_inline(kInlineDentry)) {
    inode.inline_xattr_addrs = kDefaultInlineXattrAddrs;
  }
  inode.inline_xattr_addrs = std::min(inode.inline_xattr_addrs, s.addrs_per_inode() - inode.extra_addrs);
}

std::optional<read::CompressionAlgorithm> algorithm_of(std::uint8_t number) {
  switch (number) {
    case 0: return read::CompressionAlgorithm::kLzo;
    case 1: return read::CompressionAlgorithm::kLz4;
    case 2: return read::CompressionAlgorithm::kZstd;
    case 3: return read::CompressionAlgorithm::kLzoRle;
    default: return std::nullopt;
  }
}

/// Errors where the file is compressed in a way that is not known, so that nothing of it could be told right.
Result<void> parse_compression(const Superblock& s, InodeRecord& inode) {
  const bool compressed = inode.facts.type == volume::FileType::kFile && inode.has_flag(kComprFl) &&
                          inode.has_inline(kExtraAttr) && s.has(kFeatureCompression) &&
                          fits(inode, end_of<Le16>(offsetof(RawExtraAttr, i_compress_flag)));
  if (!compressed) return {};
  const auto algorithm = algorithm_of(inode.extra.i_compress_algorithm);
  const unsigned log = inode.extra.i_log_cluster_size;
  if (!algorithm) {
    return fail(
        ErrorKind::kCorrupt, inode.where(),
        "it is compressed by an algorithm with the unknown number " + std::to_string(inode.extra.i_compress_algorithm));
  }
  if (log < kMinLogClusterSize || log > kMaxLogClusterSize) {
    return fail(ErrorKind::kCorrupt, inode.where(), "i_log_cluster_size is " + std::to_string(log));
  }
  inode.cluster_blocks = 1u << log;
  inode.facts.compression = read::Compression{*algorithm, inode.cluster_blocks << s.block_bits,
                                              (inode.extra.i_compress_flag & kCompressChksum) != 0};
  return {};
}

volume::Timestamp time_of(InodeRecord& inode, std::uint64_t seconds, std::uint32_t nanoseconds, const char* name) {
  constexpr std::uint32_t kSecond = 1'000'000'000;
  if (nanoseconds >= kSecond) {
    note(inode, std::string(name) + " has a second or more of nanoseconds");
    nanoseconds = 0;
  }
  return {static_cast<std::int64_t>(seconds), nanoseconds};
}

void parse_times(const Superblock& s, InodeRecord& inode) {
  const RawInode& raw = inode.raw;
  inode.facts.atime = time_of(inode, raw.i_atime, raw.i_atime_nsec, "i_atime_nsec");
  inode.facts.ctime = time_of(inode, raw.i_ctime, raw.i_ctime_nsec, "i_ctime_nsec");
  inode.facts.mtime = time_of(inode, raw.i_mtime, raw.i_mtime_nsec, "i_mtime_nsec");
  if (s.has(kFeatureInodeCrtime) && fits(inode, end_of<Le64>(offsetof(RawExtraAttr, i_crtime)))) {
    inode.facts.crtime = time_of(inode, inode.extra.i_crtime, inode.extra.i_crtime_nsec, "i_crtime_nsec");
  }
}

void parse_device(InodeRecord& inode) {
  if (inode.facts.type != volume::FileType::kChr && inode.facts.type != volume::FileType::kBlk) return;
  volume::set_device(inode.facts, inode.addr(0), inode.addr(1));
}

/// True where it has blocks beside itself and its attributes.
bool has_blocks(const InodeRecord& inode) {
  for (unsigned i = 0; i < kNidsPerInode; ++i) {
    if (inode.nid(i) != 0) return true;
  }
  return inode.raw.i_blocks > (inode.raw.i_xattr_nid == 0 ? 1u : 2u);
}

/// What makes the kernel refuse an inode (fs/f2fs/inode.c, sanity_check_inode()).
void check_sanity(const Superblock& s, InodeRecord& inode) {
  const RawInode& raw = inode.raw;
  const bool is_dir = inode.facts.type == volume::FileType::kDir;
  const bool is_file = inode.facts.type == volume::FileType::kFile;
  if (inode.facts.type == volume::FileType::kUnknown) note(inode, "i_mode names no type of file");
  if (raw.i_blocks == 0) note(inode, "i_blocks is 0");
  if (inode.facts.size >> 63) note(inode, "its size is negative");
  if (is_dir && raw.i_links == 1) note(inode, "a directory with a single link");
  if (raw.i_xattr_nid == inode.node.nid()) note(inode, "i_xattr_nid is its own number");
  if (inode.has_inline(kInlineData) && !is_file && inode.facts.type != volume::FileType::kSymlink) {
    note(inode, "it has inline data, and can have none");
  } else if (inode.has_inline(kInlineData) && !has_blocks(inode)) {
    const bool is_processed = inode.facts.encrypted || inode.facts.verity || inode.has_flag(kComprFl);
    if (is_file && is_processed) note(inode, "it has inline data, and is encrypted, compressed or an fs-verity file");
    if (inode.facts.size > inode.inline_size()) note(inode, "its size is more than its inline data can have");
  }
  if (inode.has_inline(kInlineDentry) && !is_dir) note(inode, "it has inline dentries, and is no directory");
  if (inode.has_flag(kCasefoldFl) && !s.has(kFeatureCasefold)) {
    note(inode, "it is casefolded, and the filesystem lacks that feature");
  }
  if (inode.has_flag(kDeviceAliasFl) && (!s.has(kFeatureDeviceAlias) || !inode.has_inline(kPinFile))) {
    note(inode, "it aliases a device, and is not pinned or the filesystem lacks that feature");
  }
}

}  // namespace

std::uint32_t InodeRecord::addr(std::uint32_t index) const {
  return ByteView(node.bytes).load<Le32>(kAddrsAt + std::uint64_t{extra_addrs + index} * kAddrSize).value_or(Le32{});
}

std::uint32_t InodeRecord::nid(unsigned index) const {
  const std::uint64_t at = node.bytes.size() - sizeof(RawNodeFooter) - kNidsSize + std::uint64_t{index} * kAddrSize;
  return ByteView(node.bytes).load<Le32>(at)->get();
}

std::uint64_t InodeRecord::inline_offset() const {
  return kAddrsAt + std::uint64_t{extra_addrs + kInlineReservedAddrs} * kAddrSize;
}

std::uint64_t InodeRecord::inline_size() const {
  const std::uint64_t end =
      node.bytes.size() - sizeof(RawNodeFooter) - (std::uint64_t{kNidsPerInode} + inline_xattr_addrs) * kAddrSize;
  return end > inline_offset() ? end - inline_offset() : 0;
}

ByteView InodeRecord::inline_area() const {
  return ByteView(node.bytes).sub(inline_offset(), inline_size()).value_or(ByteView());
}

ByteView InodeRecord::inline_xattrs() const {
  if (!has_inline(kInlineXattr)) return {};
  const std::uint64_t size = std::uint64_t{inline_xattr_addrs} * kAddrSize;
  const std::uint64_t end = node.bytes.size() - sizeof(RawNodeFooter) - kNidsSize;
  return *ByteView(node.bytes).sub(end - size, size);
}

Result<InodeRecord> read_inode(const Filesystem& filesystem, InodeNumber number) {
  const std::string where = "inode " + std::to_string(number.value);
  if (number.value < kFirstInode || number.value >= filesystem.superblock().max_nid) {
    return fail(ErrorKind::kCorrupt, where, "there is no such inode");
  }
  const auto nid = static_cast<std::uint32_t>(number.value);
  if (filesystem.recovered) {
    const auto& inodes = filesystem.recovered->inodes;
    if (const auto recovered = inodes.find(nid); recovered != inodes.end()) {
      auto made = make_inode(filesystem, recovered->second);
      if (!made) return fail(ErrorKind::kRead, where, made.error().message());
      return parse_inode(filesystem.superblock(), *std::move(made));
    }
  }
  auto node = read_node(filesystem, nid);
  if (!node) {
    const bool free = node.error().kind == ErrorKind::kNotFound;
    return fail(free ? ErrorKind::kCorrupt : node.error().kind, where,
                free ? "it is not in use" : node.error().message());
  }
  return parse_inode(filesystem.superblock(), *std::move(node));
}

Result<InodeRecord> parse_inode(const Superblock& superblock, Node node) {
  InodeRecord inode;
  inode.node = std::move(node);
  inode.facts.number.value = inode.node.nid();
  if (!inode.node.is_inode() || inode.node.offset() != 0) {
    return fail(ErrorKind::kCorrupt, inode.where(),
                "its node is no inode but part of inode " + std::to_string(inode.node.ino()));
  }
  inode.raw = *ByteView(inode.node.bytes).load<RawInode>(0);
  const RawInode& raw = inode.raw;
  volume::InodeFacts& facts = inode.facts;
  facts.type = volume::type_of_mode(raw.i_mode);
  facts.mode = raw.i_mode & 07777u;
  facts.uid = raw.i_uid;
  facts.gid = raw.i_gid;
  facts.links = raw.i_links;
  facts.size = raw.i_size;
  facts.encrypted = (raw.i_advise & kAdviseEncrypt) != 0;
  facts.verity = (raw.i_advise & kAdviseVerity) != 0;
  facts.casefold = inode.has_flag(kCasefoldFl) && facts.type == volume::FileType::kDir;
  parse_extra(superblock, inode);
  parse_inline_xattr_size(superblock, inode);
  if (auto known = parse_compression(superblock, inode); !known) return fail(std::move(known.error()));
  const std::uint32_t unit = inode.cluster_blocks;
  inode.addrs = (superblock.addrs_per_inode() - inode.extra_addrs - inode.inline_xattr_addrs) / unit * unit;
  inode.addrs_per_node = superblock.addrs_per_block() / unit * unit;
  parse_times(superblock, inode);
  if (superblock.has(kFeatureProjectQuota) && fits(inode, end_of<Le32>(offsetof(RawExtraAttr, i_projid)))) {
    facts.project = inode.extra.i_projid;
  }
  parse_device(inode);
  if (!inode_checksum_good(superblock, inode.node.bytes)) note(inode, "its checksum is wrong");
  check_sanity(superblock, inode);
  return inode;
}

}  // namespace coldread::f2fs
