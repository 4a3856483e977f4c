#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace coldread::report {

/// The report's records, as docs/report.md and the shipped JSON Schema describe them. Names of paths are raw bytes; the
/// JSON is where they become UTF-8.

struct Range {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

struct BadRange {
  Range range;  ///< whole blocks, file offsets
  std::string step;
  std::string reason;
};

struct Pages {
  std::uint64_t total = 0;
  std::uint64_t bad_count = 0;  ///< pages that hold a bad block; only counted into the summary
  std::vector<BadRange> bad;
};

struct EncryptionRef {
  std::size_t policy = 0;  ///< index into the filesystem's policies
  std::string nonce;       ///< hex
};

struct Compression {
  std::string algorithm;  ///< lzo, lz4, zstd, lzo-rle
  std::uint32_t cluster_size = 0;
};

/// A stored Merkle tree block that is wrong. File offsets.
struct TreeDamage {
  Range range;
  unsigned level = 0;
  std::uint64_t index = 0;
  Range covers;             ///< the data that it stands for
  bool recomputed = false;  ///< what it should be is proven all the same
  std::string reason;
};

/// Who made a built-in signature, as it and its certificates tell: proven of a valid one, claimed of any other. What is
/// not known is empty.
struct VeritySigner {
  std::string subject;  ///< RFC 2253, UTF-8, as all names here
  std::string issuer;
  std::string serial;          ///< hex
  std::string key_identifier;  ///< hex, where the signature names its signer by that
  std::string digest_algorithm;
  std::string not_before, not_after;  ///< RFC 3339 UTC, of the signer's certificate
  std::vector<std::string> chain;     ///< subjects, from the signer's up
};

struct VerityResult {
  std::string status;     ///< verified, mismatch, malformed
  std::string algorithm;  ///< sha256, sha512; empty where the descriptor does not tell
  std::uint32_t block_size = 0;
  std::string salt;    ///< hex
  std::string digest;  ///< hex, the file digest; empty where the descriptor is malformed
  std::string signature = "absent";
  std::string listed = {};  ///< match, differs, absent; empty where no list was given
  std::optional<VeritySigner> signer = {};
  std::vector<TreeDamage> tree = {};
  bool odd = false;  ///< the entry's problems tell of metadata that a kernel takes, and that no tool makes
};

/// How a list of digests was kept: of `listed` paths, each is one of match, differs, missing, not_verity and
/// not_looked_at.
struct DigestListResult {
  std::uint64_t listed = 0;
  std::uint64_t match = 0;
  std::uint64_t match_unverified = 0;  ///< files among those whose data does not verify against that digest
  std::uint64_t differs = 0;
  std::uint64_t missing = 0;
  std::uint64_t not_verity = 0;     ///< there, but no digest could be taken
  std::uint64_t not_looked_at = 0;  ///< the command line leaves it out
  std::uint64_t unlisted = 0;       ///< fs-verity files that no list names
};

/// A part of what a compressed cluster is stored as.
struct StoredPart {
  std::optional<std::uint64_t> image_offset;
  std::uint64_t length = 0;
};

struct Run {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::optional<std::uint64_t> image_offset;
  std::string kind;
  std::optional<std::uint64_t> journal_offset = {};    ///< of bytes that an external journal has
  std::optional<std::uint32_t> device = {};            ///< of bytes on a further device of the filesystem: which
  std::optional<std::uint64_t> device_offset = {};     ///< and where they begin there
  std::optional<std::vector<StoredPart>> stored = {};  ///< of a compressed cluster: where its compressed bytes lie
};

struct Time {
  std::int64_t seconds = 0;
  std::uint32_t nanoseconds = 0;
};

/// A name in an encrypted directory, with what a key is needed for besides the filesystem's UUID.
struct NameCiphertext {
  std::string bytes;            ///< raw, as the directory holds it
  std::uint64_t directory = 0;  ///< its inode
  std::string context;          ///< hex, the directory's encryption context as stored
};

/// Where fs-verity metadata lies, in file offsets.
struct VerityPlace {
  std::uint64_t tree_offset = 0;
  std::uint64_t tree_space = 0;
  std::uint64_t descriptor_offset = 0;
  std::uint32_t descriptor_size = 0;
};

/// A locked file's ciphertext as it was written: each byte at the file offset (of a compressed file: at the slot) that
/// the filesystem has it at, whole blocks.
struct CiphertextFile {
  std::uint64_t size = 0;  ///< bytes written
  std::string sha256;      ///< hex, of what was written
  std::vector<Run> runs;   ///< total over it; without image_offset
  std::vector<BadRange> bad;
  bool verity = false;                ///< what lies past EOF is fs-verity metadata
  std::optional<VerityPlace> place;   ///< of it, where the filesystem keeps that outside of the encrypted data
  bool clusters_checksummed = false;  ///< of a compressed file
};

/// What is needed to decrypt an entry once its key is found, beside the filesystem's UUID and the inode's number.
struct Ciphertext {
  std::optional<std::string> context;  ///< hex, the inode's encryption context as stored
  std::optional<NameCiphertext> name;
  std::optional<std::string> target;   ///< raw bytes: a symlink's encrypted target
  std::optional<CiphertextFile> file;  ///< of a regular file
  std::vector<std::string> problems;   ///< what is wrong with the entry, with its key or without
};

/// What is known of the older version of an inode that an entry tells of.
struct Recovered {
  std::optional<std::uint64_t> transaction;  ///< of the journal; absent where only a name remains
  std::optional<Time> committed;             ///< when that transaction was
};

/// One name.
struct Entry {
  std::string path;                       ///< raw bytes, without a leading "/"
  std::optional<std::string> written_as;  ///< raw bytes, below the output directory
  std::string type;
  std::uint64_t inode = 0;
  bool has_facts =
      false;  ///< false: the inode could not be read, and only path, type, inode, status, problems are known
  std::uint64_t links = 0;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint64_t size = 0;
  std::uint32_t mode = 0;     ///< 07777
  std::uint32_t project = 0;  ///< only told where it is not 0
  std::optional<std::pair<std::uint32_t, std::uint32_t>> rdev;
  std::optional<std::string> target;  ///< raw bytes
  Time mtime;
  Time atime;
  Time ctime;
  std::optional<Time> crtime;
  std::vector<std::pair<std::string, std::string>> xattrs;  ///< name and value, raw bytes
  std::string status;  ///< ok, damaged, locked, skipped, error, recovered; empty: not told
  std::vector<std::pair<std::string, std::string>> hashes;  ///< algorithm and hex
  std::optional<EncryptionRef> encryption;
  std::optional<Compression> compression;
  std::optional<VerityResult> verity;
  std::optional<Recovered> recovered;  ///< it is what remains of a deleted file
  std::optional<Ciphertext> ciphertext;
  std::optional<std::vector<Run>> runs;
  std::optional<Pages> pages;
  std::vector<std::string> problems;
};

struct PartitionInfo {
  std::uint64_t number = 0;
  std::string label;
  std::string uuid;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

struct Policy {
  int version = 2;
  std::string master_key;  ///< hex: identifier (v2) or descriptor (v1)
  std::string contents;
  std::string filenames;
  unsigned padding = 0;
  std::vector<std::string> flags;
  std::uint32_t data_unit_size = 0;
  std::string key;                       ///< supplied, missing
  std::optional<bool> key_proven;        ///< absent where it is missing
  std::optional<std::uint64_t> entries;  ///< that have it; absent where they were not counted
  std::string key_proof = {};            ///< identifier, descriptor, names, contents, none; empty where it is missing
  std::string problem = {};              ///< why all or part of it stays locked, but for a missing key
};

struct Replay {
  bool needed = false;
  std::string kind;
  std::uint64_t applied = 0;
  std::uint64_t transactions = 0;
  std::uint64_t revoked = 0;
  std::uint64_t blocks = 0;
  std::vector<std::uint64_t> inodes = {};  ///< the first of them
  std::uint64_t inodes_total = 0;
  std::uint64_t fast_commits = 0;
  std::uint64_t orphans_truncated = 0;
  std::uint64_t orphans_removed = 0;
  std::uint64_t names = 0;
};

struct Summary {
  std::uint64_t files = 0, directories = 0, symlinks = 0, other = 0, bytes = 0;
  std::uint64_t ok = 0, damaged = 0, locked = 0, skipped = 0, error = 0, recovered = 0;
  std::uint64_t verified = 0, mismatch = 0, malformed = 0;
  std::uint64_t pages_total = 0, pages_bad = 0;

  /// Counts one entry. What remains of deleted files counts as `recovered` and as nothing else. Files, bytes, pages and
  /// verity results are counted per name, as the entries are.
  void add(const Entry& entry);
};

/// What is known of a filesystem before its entries are read.
struct Filesystem {
  std::optional<PartitionInfo> partition;
  std::string type;
  std::string uuid;
  std::string label;
  std::uint32_t block_size = 0;
  std::uint32_t page_size = 0;
  std::vector<std::string> features;
  Replay replay;
};

struct Image {
  std::string path;  ///< raw bytes
  std::uint64_t size = 0;
  std::string format = "raw";
  std::optional<std::string> sha256;
};

struct RunInfo {
  std::vector<std::string> arguments;  ///< without the program's own name
  std::string started;                 ///< RFC 3339 UTC, seconds
  std::string finished;
  unsigned jobs = 1;
};

}  // namespace coldread::report
