#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <span>

#include "core/base/byte_view.hpp"
#include "core/base/little_endian.hpp"

/// A fuzz target: runs the code under test over one input. Linked with libFuzzer, or with replay_main.cpp.
// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer looks for this name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace coldread::fuzz {

/// Ends the process where something holds not that must hold for every input.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::cerr << "broken promise: " << what << '\n';
  std::abort();
}

/// An input, taken piece by piece; what it lacks is zeros.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(std::as_bytes(std::span(data, size))) {}

  [[nodiscard]] bool empty() const { return rest_.empty(); }

  template <class T>
  T number() {
    const auto value = ByteView(rest_).load<LittleEndian<T>>(0);
    take(sizeof(T));
    return value ? value->get() : T{0};
  }
  /// The next `length` bytes, or as many as there are.
  ByteView take(std::size_t length) {
    const ByteSpan taken = rest_.first(std::min(length, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return {taken};
  }
  ByteView rest() { return take(rest_.size()); }

 private:
  ByteSpan rest_;
};

}  // namespace coldread::fuzz
