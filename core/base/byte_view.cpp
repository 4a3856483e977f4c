#include "core/base/byte_view.hpp"

#include <algorithm>

namespace coldread {

std::string ByteView::str() const { return std::string(as_chars(bytes_)); }

ByteSpan as_bytes(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }

std::string_view as_chars(ByteSpan bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

const unsigned char* as_uchars(ByteSpan bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }

unsigned char* as_uchars(MutableByteSpan bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

bool all_zero(ByteSpan bytes) {
  if (bytes.empty()) return true;
  // Comparing the span with itself shifted by one byte is one memcmp: the first byte is zero, each next equals it.
  return bytes.front() == std::byte{0} && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

}  // namespace coldread
