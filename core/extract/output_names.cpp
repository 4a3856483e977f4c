#include "core/extract/output_names.hpp"

#include <openssl/sha.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <utility>

#include "core/base/byte_view.hpp"
#include "core/base/text.hpp"

namespace coldread::extract {
namespace {

/// How many suffixes are tried beyond those that this object gave itself.
constexpr unsigned kTries = 100;

std::string short_digest(std::string_view name) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  ::SHA256(as_uchars(as_bytes(name)), name.size(), digest.data());
  return to_hex(std::as_bytes(std::span(digest)).first(8));
}

bool is_continuation(char c) { return (static_cast<std::uint8_t>(c) & 0xc0) == 0x80; }

std::string join(std::string directory, std::string_view name) {
  if (!directory.empty()) directory += '/';
  directory += name;
  return directory;
}

}  // namespace

std::string OutputNames::name_on_host(std::string_view name, const std::string& suffix) const {
  if (name.size() + suffix.size() <= name_limit_) return std::string(name) + suffix;
  const std::string tail = "~" + short_digest(name) + suffix;
  std::size_t cut = name_limit_ - tail.size();
  for (int i = 0; i < 3 && is_continuation(name[cut]); ++i) --cut;  // UTF-8 stays UTF-8
  return std::string(name.substr(0, cut)) + tail;
}

std::string OutputNames::directory_locked(std::string_view path) const {
  if (moved_.empty()) return std::string(path);
  for (std::string_view above = path; !above.empty(); above = split_path(above).first) {
    const auto moved = moved_.find(std::string(above));
    if (moved != moved_.end()) return moved->second + std::string(path.substr(above.size()));
  }
  return std::string(path);
}

std::string OutputNames::directory(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  return directory_locked(path);
}

SysResult<bool> OutputNames::reserve(const std::string& placed) {
  if (reserved_.contains(placed)) return false;
  const auto taken = jail_.exists(placed);
  if (!taken) return tl::unexpected<int>(taken.error());
  if (!*taken) reserved_.insert(placed);
  return !*taken;
}

SysResult<std::string> OutputNames::claim(const std::string& path, const std::string& ending) {
  if (!is_relative_path(path)) return tl::unexpected<int>(EINVAL);
  const auto [parent, name] = split_path(path);
  const std::lock_guard lock(mutex_);
  const std::string directory = directory_locked(parent);
  if (const auto there = jail_.directory(directory); !there) return tl::unexpected<int>(there.error());

  std::string placed = join(directory, name_on_host(name, ending));
  auto reserved = reserve(placed);
  if (!reserved) return tl::unexpected<int>(reserved.error());
  if (*reserved) return placed;

  unsigned& next = next_suffix_.try_emplace(std::move(placed), 2).first->second;
  for (unsigned i = 0; i < kTries; ++i) {
    placed = join(directory, name_on_host(name, "~" + std::to_string(next++) + ending));
    reserved = reserve(placed);
    if (!reserved) return tl::unexpected<int>(reserved.error());
    if (*reserved) return placed;
  }
  return tl::unexpected<int>(EEXIST);
}

void OutputNames::settle(const std::string& placed) {
  const std::lock_guard lock(mutex_);
  reserved_.erase(placed);
}

void OutputNames::place_directory(const std::string& path, const std::string& placed) {
  const std::lock_guard lock(mutex_);
  const auto [parent, name] = split_path(path);
  if (placed == join(directory_locked(parent), name)) {
    moved_.erase(path);
  } else {
    moved_[path] = placed;
  }
}

}  // namespace coldread::extract
