#include "cli/option_values.hpp"

#include <algorithm>
#include <map>

#include "core/base/checked.hpp"
#include "core/base/text.hpp"
#include "core/extract/content_hash.hpp"
#include "core/fscrypt/e4crypt_key.hpp"
#include "core/read/page_reader.hpp"
#include "core/verity/descriptor.hpp"

namespace coldread::cli {
namespace {

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> parts;
  std::size_t start = 0;
  while (start <= list.size()) {
    const std::size_t comma = std::min(list.find(',', start), list.size());
    parts.push_back(list.substr(start, comma - start));
    start = comma + 1;
  }
  return parts;
}

}  // namespace

Result<std::uint64_t> parse_number(const std::string& text, const std::string& name) {
  std::uint64_t value = 0;
  if (text.empty()) return fail(ErrorKind::kUsage, name, "a number of bytes is missing");
  for (const char c : text) {
    const bool digit = c >= '0' && c <= '9';
    const auto shifted = checked_mul(value, 10);
    const auto next = digit && shifted ? checked_add(*shifted, static_cast<std::uint64_t>(c - '0')) : std::nullopt;
    if (!next)
      return fail(ErrorKind::kUsage, name, "'" + text + "' is not a number of bytes (decimal digits, 64 bits)");
    value = *next;
  }
  return value;
}

Result<void> set_hashes(Arguments& a, const std::string& list) {
  std::vector<std::string> names = split(list);
  if (names == std::vector<std::string>{"none"}) names.clear();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!extract::ContentHash::known(names[i])) {
      return fail(ErrorKind::kUsage, "--hash", "'" + names[i] + "' is not one of sha256, sha1, md5, none");
    }
    if (std::find(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(i), names[i]) !=
        names.begin() + static_cast<std::ptrdiff_t>(i)) {
      return fail(ErrorKind::kUsage, "--hash", "'" + names[i] + "' is given twice");
    }
  }
  a.hashes = std::move(names);
  return {};
}

Result<void> set_preserve(Arguments& a, const std::string& list) {
  for (const std::string& name : split(list)) {
    if (name == "owner") {
      a.preserve_owner = true;
    } else if (name == "setid") {
      a.preserve_setid = true;
    } else if (name == "special") {
      a.preserve_special = true;
    } else {
      return fail(ErrorKind::kUsage, "--preserve", "'" + name + "' is not one of owner, setid, special");
    }
  }
  return {};
}

Result<void> set_damaged(Arguments& a, const std::string& how) {
  static const std::map<std::string, extract::Damaged> kWays{{"keep", extract::Damaged::kKeep},
                                                             {"zero", extract::Damaged::kZero},
                                                             {"page", extract::Damaged::kPage},
                                                             {"omit", extract::Damaged::kOmit}};
  const auto way = kWays.find(how);
  if (way == kWays.end())
    return fail(ErrorKind::kUsage, "--damaged", "'" + how + "' is not one of keep, zero, page, omit");
  a.damaged = way->second;
  return {};
}

Result<void> set_range(Arguments& a, const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos) return fail(ErrorKind::kUsage, "--range", "'" + text + "' is not OFFSET:LENGTH");
  const auto offset = parse_number(text.substr(0, colon), "--range");
  const auto length = parse_number(text.substr(colon + 1), "--range");
  if (!offset || !length) return fail(!offset ? offset.error() : length.error());
  a.range = {*offset, *length};
  if (!checked_add(*offset, *length)) {
    return fail(ErrorKind::kUsage, "--range", "'" + text + "' ends past what 64 bits can tell");
  }
  return {};
}

Result<void> add_v1_key(Arguments& a, const std::string& text) {
  constexpr std::size_t kDigits = 16;
  const std::size_t equals = text.find('=');
  if (equals != kDigits || text.find_first_not_of("0123456789abcdefABCDEF") != kDigits || text.size() == kDigits + 1) {
    return fail(ErrorKind::kUsage, "--v1-key",
                "'" + text + "' is not DESCRIPTOR=FILE with a descriptor of 16 hex digits");
  }
  a.v1_keys.push_back({text.substr(0, equals), text.substr(equals + 1)});
  return {};
}

Result<void> add_passphrase_salt(Arguments& a, const std::string& text) {
  if (const auto salt = fscrypt::parse_salt(text); !salt) {
    return fail(ErrorKind::kUsage, "--passphrase-salt", salt.error().what);
  }
  a.passphrase_salts.push_back(text);
  return {};
}

/// How many options read standard input.
std::size_t reads_of_standard_input(const Arguments& a) {
  const auto v1 = std::count_if(a.v1_keys.begin(), a.v1_keys.end(), [](const V1Key& key) { return key.path == "-"; });
  std::size_t reads = static_cast<std::size_t>(v1);
  for (const auto* files : {&a.keys, &a.hw_keys, &a.sw_secrets, &a.inline_keys, &a.vold_secrets, &a.passphrase_files}) {
    reads += static_cast<std::size_t>(std::count(files->begin(), files->end(), "-"));
  }
  return reads;
}

Result<void> set_page_size(Arguments& a, const std::string& text) {
  const auto value = parse_number(text, "--page-size");
  if (!value) return fail(value.error());
  if (!is_power_of_two(*value) || *value < read::kMinPageSize || *value > read::kMaxPageSize) {
    return fail(ErrorKind::kUsage, "--page-size", "'" + text + "' is not one of 4096, 8192, 16384, 32768, 65536");
  }
  a.page_size = static_cast<std::uint32_t>(*value);
  return {};
}

Result<void> set_hash_algorithm(Arguments& a, const std::string& name) {
  for (const auto algorithm : {verity::HashAlgorithm::kSha256, verity::HashAlgorithm::kSha512}) {
    if (name != verity::algorithm_name(algorithm)) continue;
    a.hash_algorithm = algorithm;
    return {};
  }
  return fail(ErrorKind::kUsage, "--hash-alg", "'" + name + "' is not one of sha256, sha512");
}

Result<void> set_verity_block_size(Arguments& a, const std::string& text) {
  const auto value = parse_number(text, "--block-size");
  if (!value) return fail(value.error());
  if (!is_power_of_two(*value) || *value < verity::kMinBlockSize || *value > verity::kMaxBlockSize) {
    return fail(ErrorKind::kUsage, "--block-size",
                "'" + text + "' is not one of 1024, 2048, 4096, 8192, 16384, 32768, 65536");
  }
  a.verity_block_size = static_cast<std::uint32_t>(*value);
  return {};
}

Result<void> set_salt(Arguments& a, const std::string& hex) {
  auto salt = from_hex(hex);
  if (!salt) return fail(ErrorKind::kUsage, "--salt", "'" + hex + "' is not bytes in hex");
  if (salt->size() > verity::kMaxSaltSize) {
    return fail(ErrorKind::kUsage, "--salt", "its " + std::to_string(salt->size()) + " bytes are more than 32");
  }
  a.salt = *std::move(salt);
  return {};
}

}  // namespace coldread::cli
