#include "core/fscrypt/key_score.hpp"

#include <algorithm>
#include <string_view>

namespace coldread::fscrypt {
namespace {

// Under a wrong key each byte is any of 256: a zero costs 8 bits, and one of the 95 that are printable in ASCII
// log2(256/95), a little over 10/7. Of the right key it is held that all numbers of padding bytes are equally likely
// (up to 32 of them: 5 bits), that names are printable ASCII or are not (1 bit), and that one thing of 256 is damaged.
constexpr std::int64_t kZeroByte = 8;
constexpr std::int64_t kLengthAndKind = 6;
constexpr std::int64_t kDamage = 8;
constexpr std::size_t kMostTail = 64;

std::string_view name_in(ByteSpan padded) {
  const std::string_view all = as_chars(padded);
  return all.substr(0, all.find('\0'));
}

bool is_printable(char c) { return c >= 0x20 && c <= 0x7e; }

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
  std::int64_t bits = kZeroByte * static_cast<std::int64_t>(padded.size() - name.size()) - kLengthAndKind;
  if (std::all_of(name.begin(), name.end(), is_printable)) bits += static_cast<std::int64_t>(name.size()) * 10 / 7;
  weigh(bits);
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
