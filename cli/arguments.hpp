#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/byte_view.hpp"
#include "core/extract/options.hpp"
#include "core/verity/hash_algorithm.hpp"

namespace coldread::cli {

/// --v1-key DESCRIPTOR=FILE
struct V1Key {
  std::string descriptor;  ///< 16 hex digits, as given
  std::string path;
};

/// A command line, understood. Each member is what its option is called.
struct Arguments {
  std::string command;
  std::vector<std::string> all;  ///< as given, without the program's name
  std::string image;
  std::vector<std::string> paths;

  std::optional<std::string> partition;
  std::optional<std::uint64_t> offset;
  bool no_replay = false;
  std::vector<std::string> devices;         ///< further devices of a filesystem over several
  std::optional<std::uint64_t> checkpoint;  ///< the version of an f2fs checkpoint
  std::string journal;
  std::vector<std::string> keys;
  std::vector<V1Key> v1_keys;
  std::vector<std::string> hw_keys;
  std::vector<std::string> sw_secrets;
  std::vector<std::string> inline_keys;
  std::vector<std::string> vold_secrets;
  std::vector<std::string> passphrase_files;
  std::vector<std::string> passphrase_salts;  ///< as e4crypt(8) takes them; each is one

  std::vector<std::string> digests;
  std::vector<std::string> certs;
  bool require_signature = false;

  std::uint32_t page_size = 0;  ///< 0: the larger of 4096 and the block size
  unsigned jobs = 0;            ///< 0: all cores
  extract::Damaged damaged = extract::Damaged::kKeep;
  std::vector<std::string> include;
  std::vector<std::string> exclude;
  std::optional<std::vector<std::string>> hashes;  ///< absent: not asked for
  bool hash_image = false;

  std::string sidecar;       ///< decrypt: the report that came with the ciphertext
  std::string sidecar_path;  ///< decrypt: the entry's path there; empty: the one with that ciphertext
  bool names = false;        ///< decrypt: the true names of locked entries instead of a file

  verity::HashAlgorithm hash_algorithm = verity::HashAlgorithm::kSha256;  ///< digest: as fsverity(1) has them
  std::uint32_t verity_block_size = 4096;
  Bytes salt;
  bool compact = false;
  bool for_builtin_signature = false;
  std::string out_merkle_tree;
  std::string out_descriptor;
  std::string html;  ///< report: the page to write; empty: a summary is printed

  std::string output;
  std::string report;
  std::optional<std::string> svg;  ///< pages: where the map goes
  bool runs = false;
  bool ciphertext = false;
  bool preserve_owner = false;
  bool preserve_setid = false;
  bool preserve_special = false;
  std::string progress = "auto";
  bool json = false;
  bool quiet = false;
  bool verbose = false;

  bool long_listing = false;
  bool recursive = false;
  bool orphans = false;
  bool deleted = false;
  bool digest = false;
  std::string dump;  ///< verify: descriptor, merkle-tree or signature of the one PATH
  std::optional<std::pair<std::uint64_t, std::uint64_t>> range;  ///< offset and length
};

/// What parsing came to: arguments to run, or a text to print and the code to end with (help, version, a wrong line).
struct Parsed {
  std::optional<Arguments> arguments;
  int exit_code = 0;
  std::string text;
};

/// Understands a command line (without the program's name). Nothing is opened.
[[nodiscard]] Parsed parse(const std::vector<std::string>& line);

}  // namespace coldread::cli
