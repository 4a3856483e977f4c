#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/fuzz_target.hpp"

namespace coldread::fuzz {

/// An image as the runs of bytes in it that are not zero, so that a mutation hits something that means something, and
/// one that appends patches what comes before. It begins with the image's size in KiB (16 bits); a run is where it
/// begins, in units of 16 bytes (16 bits), its length less one (8 bits), and its bytes. make_corpus.py writes it.
inline Bytes sparse_image(Input& input) {
  constexpr std::size_t kMaxKib = 1024;
  Bytes image(std::min<std::size_t>(input.number<std::uint16_t>(), kMaxKib) * 1024);
  while (!input.empty()) {
    const std::size_t at = std::size_t{input.number<std::uint16_t>()} * 16;
    const ByteView run = input.take(std::size_t{input.number<std::uint8_t>()} + 1);
    if (at >= image.size()) continue;
    const ByteSpan fitting = run.span().first(std::min(run.size(), image.size() - at));
    std::copy(fitting.begin(), fitting.end(), image.begin() + static_cast<std::ptrdiff_t>(at));
  }
  return image;
}

}  // namespace coldread::fuzz
