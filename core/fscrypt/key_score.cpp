#include "core/fscrypt/key_score.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "core/base/text.hpp"

namespace coldread::fscrypt {
namespace {

// Under a wrong key each byte is any of 256: a zero costs 8 bits, and one of the 95 that are printable in ASCII
// log2(256/95), a little over 10/7. Of the right key it is held that all numbers of padding bytes are equally likely
// (up to 32 of them: 5 bits), that names are printable ASCII, other UTF-8, or anything else (2 bits), and that one
// thing of 256 is damaged.
constexpr std::int64_t kZeroByte = 8;
constexpr std::int64_t kLengthAndKind = 7;
constexpr std::int64_t kDamage = 8;
constexpr std::size_t kMostTail = 64;

std::string_view name_in(ByteSpan padded) {
  const std::string_view all = as_chars(padded);
  return all.substr(0, all.find('\0'));
}

bool is_printable(char c) { return c >= 0x20 && c <= 0x7e; }

bool is_ascii(std::string_view name) { return std::all_of(name.begin(), name.end(), is_printable); }

/// In bits, how much likelier a name is as one in UTF-8, each character of 1 to 4 bytes with equal chances (2 bits),
/// than as random bytes, of which 2 are a character by log2(2^16/1920) > 5 bits, 3 by 8, 4 by 12. 0 where it is none.
std::int64_t utf8_bits(std::string_view name) {
  if (!is_utf8(name)) return 0;
  std::int64_t sevenths = 0;
  for (std::size_t i = 0; i < name.size();) {
    const auto first = static_cast<unsigned char>(name[i]);
    if (first < 0x80 && !is_printable(name[i])) return 0;
    const std::size_t size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    constexpr std::array<std::int64_t, 5> kSevenths{0, -4, 21, 42, 70};  // 2 bits less than they tell
    sevenths += kSevenths.at(size);
    i += size;
  }
  return std::max<std::int64_t>(sevenths, 0) / 7;
}

}  // namespace

bool is_well_formed(KeyScore::Kind kind, ByteSpan padded) {
  const std::string_view name = name_in(padded);
  if (name.empty() || !all_zero(padded.subspan(name.size()))) return false;
  return kind == KeyScore::Kind::kTarget || (name != "." && name != ".." && name.find('/') == std::string_view::npos);
}

void KeyScore::add(Kind kind, ByteSpan padded) {
  ++looked_at_;
  if (!is_well_formed(kind, padded)) {
    ++malformed_;
    return weigh(-kDamage);
  }
  const std::string_view name = name_in(padded);
  const std::int64_t padding = kZeroByte * static_cast<std::int64_t>(padded.size() - name.size());
  const std::int64_t text = is_ascii(name) ? static_cast<std::int64_t>(name.size()) * 10 / 7 : utf8_bits(name);
  weigh(padding + text - kLengthAndKind);
}

void KeyScore::add_tail(ByteSpan past_eof) {
  if (past_eof.empty()) return;
  ++looked_at_;
  const bool zeros = all_zero(past_eof);
  weigh(zeros ? kZeroByte * static_cast<std::int64_t>(std::min(past_eof.size(), kMostTail)) - 1 : -kDamage);
}

void KeyScore::weigh(std::int64_t bits) {
  if (decided()) return;
  bits_ += bits;
  proven_ = bits_ >= kProven;
}

}  // namespace coldread::fscrypt
