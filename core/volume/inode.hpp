#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/byte_view.hpp"
#include "core/base/error.hpp"
#include "core/base/finding.hpp"
#include "core/base/units.hpp"
#include "core/read/compression.hpp"
#include "core/read/file_map.hpp"
#include "core/read/reader.hpp"

namespace coldread::volume {

enum class FileType : std::uint8_t { kUnknown, kFile, kDir, kSymlink, kChr, kBlk, kFifo, kSock };

/// The report's word for a type: file, dir, symlink, chr, blk, fifo, sock; "unknown" where the inode has none of them.
[[nodiscard]] std::string_view to_string(FileType type);

/// The type in the S_IFMT bits of `mode` (inode(7)).
[[nodiscard]] FileType type_of_mode(std::uint32_t mode);

/// A point in time: seconds since 1970 (before it: negative), and nanoseconds that are added to them (0 to
/// 999,999,999).
struct Timestamp {
  std::int64_t seconds = 0;
  std::uint32_t nanoseconds = 0;
  friend bool operator==(const Timestamp&, const Timestamp&) = default;
};

/// What stat(2) and statx(2) show of an inode, and the flags that decide how it is read.
struct InodeFacts {
  InodeNumber number;
  FileType type = FileType::kUnknown;
  std::uint32_t mode = 0;  ///< the permission bits with set-id and sticky (07777); the type is in `type`
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint64_t links = 0;
  std::uint64_t size = 0;  ///< bytes, as on disk; of an encrypted symlink: the length of its stored, encrypted target
  std::uint32_t rdev_major = 0;
  std::uint32_t rdev_minor = 0;
  Timestamp atime;
  Timestamp ctime;
  Timestamp mtime;
  std::optional<Timestamp> crtime;  ///< absent where the inode is too small to hold it
  std::uint32_t project = 0;        ///< the project that quotas count it to; 0 where the filesystem has none
  bool encrypted = false;           ///< it has an fscrypt policy
  bool verity = false;              ///< it is an fs-verity file
  bool casefold = false;            ///< a directory whose names are compared without case
  /// A file that the filesystem keeps in compressed clusters; its map then gives their bytes as they are stored.
  std::optional<read::Compression> compression;
};

/// Sets the device numbers of a device node from the two words in which ext4 and f2fs keep them in the place of the
/// first block addresses: the first, unless it is 0, is the old encoding of 16 bits, the second the new one of 32
/// (Documentation/filesystems/ext4/inodes.rst, "i_block").
void set_device(InodeFacts& facts, std::uint32_t old_encoding, std::uint32_t new_encoding);

/// Why no directory can hold this name as a file's, or null. In an encrypted directory any byte can be in it.
[[nodiscard]] const char* name_fault(std::string_view name, bool encrypted);

/// One extended attribute, by the name that listxattr(2) shows ("user.x", "system.posix_acl_access").
struct Xattr {
  std::string name;
  Bytes value;  ///< as getxattr(2) returns it; ACLs in the kernel's own encoding
};

struct Xattrs {
  std::vector<Xattr> list;  ///< sorted by name
  Findings findings;        ///< attributes that could not be read, each named
};

/// Sorts attributes that come in the order in which getxattr(2) looks for them: of those with one name it finds the
/// first, so that is kept, with a finding. `where` names the inode.
void sort_by_name(Xattrs& xattrs, const std::string& where);

/// A name in a directory, as stored: where the directory is encrypted, the name is ciphertext.
struct DirEntry {
  std::string name;
  InodeNumber inode;
  /// The hash and minor hash by which the filesystem orders names, as the kernel puts them into no-key names
  /// (fscrypt.rst, "Encryption filenames without the key"); only filled in encrypted directories, zeros elsewhere.
  std::array<std::uint32_t, 2> hash{};
};

struct Directory {
  std::vector<DirEntry> entries;  ///< in the order in which they lie on disk, without "." and ".."
  Findings findings;              ///< blocks that could not be read or names that no directory may hold
};

/// Where an fs-verity file keeps its metadata, in file offsets past EOF.
struct VerityLocation {
  std::uint64_t tree_offset = 0;        ///< of the Merkle tree, whose top level comes first (fsverity.rst)
  std::uint64_t tree_space = 0;         ///< bytes between tree_offset and the descriptor: the tree cannot be longer
  std::uint64_t descriptor_offset = 0;  ///< of struct fsverity_descriptor
  std::uint32_t descriptor_size = 0;    ///< bytes, with the signature that follows it
  /// What the end of the tree is rounded up to for the descriptor (bytes): ext4's block, nothing (1) on f2fs.
  std::uint32_t descriptor_alignment = 1;
  /// Where ext4 keeps the descriptor's length, its last 4 bytes before the end of the mapping; 0 elsewhere.
  std::uint64_t length_offset = 0;
};

/// One inode of a volume. Safe to use from several threads at once.
class Inode {
 public:
  Inode() = default;
  Inode(const Inode&) = delete;
  Inode& operator=(const Inode&) = delete;
  virtual ~Inode() = default;

  [[nodiscard]] virtual const InodeFacts& facts() const = 0;
  /// What is wrong with the inode itself, though it could be read.
  [[nodiscard]] virtual const Findings& findings() const = 0;

  /// Where its bytes lie: files, directories and symlinks (a fast symlink's target is one inline extent). Errors:
  /// kUnsupported (a way of mapping that is not read, by name), kCorrupt. A map that is partly bad is no error: its bad
  /// ranges are faults.
  [[nodiscard]] virtual Result<read::FileMap> map() const = 0;

  /// A directory's names. Never fails as a whole for a bad block: the others' names are there, and a finding.
  [[nodiscard]] virtual Result<Directory> entries() const = 0;

  /// Names that were in this directory and remain in the slack of its blocks (never those of live entries), each once.
  /// `inode` is 0 where it is lost. A name in slack is what was left over: that it was deleted there, and when, is not
  /// said. Errors: as entries().
  [[nodiscard]] virtual Result<Directory> deleted_entries() const = 0;

  /// All attributes that a privileged listxattr(2) shows; the encryption context is not among them.
  [[nodiscard]] virtual Xattrs xattrs() const = 0;

  /// The fscrypt context as stored, for an inode whose facts say `encrypted`. Errors: kCorrupt where it is missing.
  [[nodiscard]] virtual Result<Bytes> encryption_context() const = 0;

  /// Where verity metadata lies, for an inode whose facts say `verity`. `past_eof` reads this file past EOF, decrypted:
  /// nothing else is to be read with. Errors: kCorrupt.
  [[nodiscard]] virtual Result<VerityLocation> locate_verity(const read::Reader& past_eof) const = 0;
};

}  // namespace coldread::volume
