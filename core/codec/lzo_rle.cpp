#include "core/codec/lzo_rle.hpp"

#include <algorithm>
#include <cstring>

#include "core/codec/unpack.hpp"

namespace coldread::codec {
namespace {

/// The first byte of a stream that names its version in the second.
constexpr std::uint8_t kVersionMark = 17;
constexpr std::size_t kShortestVersioned = 5;
constexpr std::size_t kShortest = 3;

/// What was copied by the last instruction; the next instruction's meaning depends on it.
constexpr unsigned kNoLiterals = 0;
constexpr unsigned kLongLiterals = 4;

/// Copies go in steps of this many bytes where there is room for them.
constexpr std::size_t kStep = 16;

enum class State { kGoesOn, kEnd, kMalformed, kCutShort, kTooLong };

class Stream {
 public:
  Stream(ByteSpan packed, MutableByteSpan out) : in_(packed), out_(out) {}

  read::Decoded unpack();

 private:
  State run();
  State first();
  State instruction();
  State far_match(unsigned code);
  State long_literals(unsigned code);

  [[nodiscard]] bool have(std::size_t bytes) const { return in_.size() - at_ >= bytes; }
  [[nodiscard]] bool room(std::size_t bytes) const { return out_.size() - to_ >= bytes; }
  /// The byte `ahead` of the next; it is there.
  [[nodiscard]] unsigned peek(std::size_t ahead = 0) const { return static_cast<unsigned>(in_[at_ + ahead]); }
  unsigned next() { return static_cast<unsigned>(in_[at_++]); }
  [[nodiscard]] unsigned peek16() const { return peek() | peek(1) << 8; }

  /// A length in `bits` of `code`, longer ones in further bytes. False where the stream ends in it.
  bool length(unsigned code, unsigned bits, std::size_t& value);
  State literals(std::size_t count);
  /// Copies a match, then the `state` literals that follow it.
  State match(std::size_t distance, std::size_t count, unsigned state);
  State trailing(unsigned state);

  ByteSpan in_;
  MutableByteSpan out_;
  std::size_t at_ = 0;
  std::size_t to_ = 0;
  unsigned state_ = kNoLiterals;
  unsigned version_ = 0;
};

bool Stream::length(unsigned code, unsigned bits, std::size_t& value) {
  const unsigned mask = (1U << bits) - 1;
  value = code & mask;
  if (value != 0) return true;
  value = mask;
  while (have(1)) {
    const unsigned byte = next();
    value += byte == 0 ? 255 : byte;
    if (byte != 0) return true;
  }
  return false;
}

State Stream::literals(std::size_t count) {
  if (!have(count)) return State::kCutShort;
  if (!room(count)) return State::kTooLong;
  if (count <= kStep && have(kStep) && room(kStep)) {
    std::memcpy(out_.data() + to_, in_.data() + at_, kStep);
  } else {
    std::memcpy(out_.data() + to_, in_.data() + at_, count);
  }
  at_ += count;
  to_ += count;
  return State::kGoesOn;
}

State Stream::trailing(unsigned state) {
  state_ = state;
  if (have(4) && room(4)) {
    std::memcpy(out_.data() + to_, in_.data() + at_, 4);
    at_ += state;
    to_ += state;
    return State::kGoesOn;
  }
  return literals(state);
}

State Stream::match(std::size_t distance, std::size_t count, unsigned state) {
  if (distance > to_) return State::kMalformed;
  if (!room(count)) return State::kTooLong;
  std::byte* to = out_.data() + to_;
  const std::byte* from = to - distance;
  to_ += count;
  if (distance >= kStep && room(kStep)) {
    // Rounded up to whole steps: what is written too far is written again.
    std::byte* const end = to + count;
    for (; to < end; to += kStep, from += kStep) std::memcpy(to, from, kStep);
  } else if (distance == 1) {
    std::memset(to, static_cast<int>(*from), count);
  } else {
    for (std::size_t i = 0; i < count; ++i) to[i] = from[i];
  }
  return trailing(state);
}

State Stream::long_literals(unsigned code) {
  std::size_t count = 0;
  if (!length(code, 4, count)) return State::kCutShort;
  state_ = kLongLiterals;
  return literals(count + 3);
}

State Stream::far_match(unsigned code) {
  if (!have(2)) return State::kCutShort;
  const unsigned high = code & 8;
  if (version_ != 0 && high != 0 && (peek16() & 0xfffc) == 0xfffc) {
    if (!have(3)) return State::kCutShort;
    const std::size_t zeros = (std::size_t{peek(2)} << 3 | (code & 7)) + 4;
    const unsigned state = peek() & 3;
    at_ += 3;
    if (!room(zeros)) return State::kTooLong;
    std::memset(out_.data() + to_, 0, zeros);
    to_ += zeros;
    return trailing(state);
  }
  std::size_t count = 0;
  if (!length(code, 3, count) || !have(2)) return State::kCutShort;
  const unsigned operand = peek16();
  at_ += 2;
  count += 2;
  const std::size_t distance = std::size_t{high} << 11 | operand >> 2;
  // The block copy that ends a stream has a length of its own.
  if (distance == 0) return count == 3 ? State::kEnd : State::kMalformed;
  return match(distance + 16384, count, operand & 3);
}

State Stream::instruction() {
  if (!have(1)) return State::kCutShort;
  const unsigned code = next();
  if (code >= 64) {
    if (!have(1)) return State::kCutShort;
    const std::size_t distance = (std::size_t{next()} << 3) + ((code >> 2) & 7) + 1;
    return match(distance, (code >> 5) + 1, code & 3);
  }
  if (code >= 32) {
    std::size_t count = 0;
    if (!length(code, 5, count) || !have(2)) return State::kCutShort;
    const unsigned operand = peek16();
    at_ += 2;
    return match((operand >> 2) + 1, count + 2, operand & 3);
  }
  if (code >= 16) return far_match(code);
  if (state_ == kNoLiterals) return long_literals(code);
  if (!have(1)) return State::kCutShort;
  const std::size_t distance = (std::size_t{next()} << 2) + (code >> 2) + 1;
  return state_ == kLongLiterals ? match(distance + 2048, 3, code & 3) : match(distance, 2, code & 3);
}

State Stream::first() {
  if (has_lzo_version(in_)) {
    version_ = peek(1);
    at_ = 2;
  }
  if (peek() <= kVersionMark) return State::kGoesOn;
  const unsigned count = next() - kVersionMark;
  if (count < 4) return trailing(count);
  state_ = kLongLiterals;
  return literals(count);
}

State Stream::run() {
  if (in_.size() < kShortest) return State::kCutShort;
  State state = first();
  while (state == State::kGoesOn) state = instruction();
  return state;
}

read::Decoded Stream::unpack() {
  switch (run()) {
    case State::kCutShort: return cut_short();
    case State::kTooLong: return too_long(out_.size());
    case State::kEnd: break;
    default: return malformed();
  }
  if (at_ != in_.size()) return malformed();
  if (to_ != out_.size()) return too_short(to_, out_.size());
  return {true, ""};
}

}  // namespace

bool has_lzo_version(ByteView packed) { return packed.size() >= kShortestVersioned && packed.byte(0) == kVersionMark; }

read::Decoded unpack_lzo_rle(ByteView packed, MutableByteSpan out) { return Stream(packed.span(), out).unpack(); }

}  // namespace coldread::codec
