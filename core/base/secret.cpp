#include "core/base/secret.hpp"

#include <openssl/crypto.h>
#include <sys/resource.h>

#include <algorithm>
#include <bit>
#include <new>
#include <utility>

namespace coldread {
namespace {

#if defined(COLDREAD_ADDRESS_SANITIZER)
// The address sanitizer sees a step over the edge of a block of its own heap, and none inside of another heap.
bool make_heap() { return false; }
#else
constexpr std::size_t kMinHeap = std::size_t{64} << 10;
constexpr std::size_t kMaxHeap = std::size_t{1} << 20;  ///< many times what the keys of all workers take at once
constexpr std::size_t kMinPiece = 32;

/// The secure heap is a power of two, and all of it is locked: no larger than what this process may lock.
std::size_t heap_size() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_MEMLOCK, &limit) != 0) return kMinHeap;
  return std::bit_floor(std::clamp<std::size_t>(limit.rlim_cur, kMinHeap, kMaxHeap));
}

bool make_heap() { return CRYPTO_secure_malloc_init(heap_size(), kMinPiece) != 0; }
#endif

void* allocate(std::size_t size) {
  static const bool kHasHeap = make_heap();
  void* bytes = kHasHeap ? OPENSSL_secure_zalloc(size) : nullptr;
  if (bytes == nullptr) bytes = OPENSSL_zalloc(size);
  if (bytes == nullptr) throw std::bad_alloc();
  return bytes;
}

}  // namespace

Secret::Secret(std::size_t size) : bytes_(size == 0 ? nullptr : static_cast<std::byte*>(allocate(size))), size_(size) {}

Secret::Secret(ByteSpan bytes) : Secret(bytes.size()) { std::copy(bytes.begin(), bytes.end(), bytes_); }

Secret::Secret(Secret&& other) noexcept
    : bytes_(std::exchange(other.bytes_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    free();
    bytes_ = std::exchange(other.bytes_, nullptr);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

Secret::~Secret() { free(); }

bool Secret::is_protected() const { return bytes_ != nullptr && CRYPTO_secure_allocated(bytes_) == 1; }

void Secret::free() noexcept { OPENSSL_secure_clear_free(bytes_, size_); }

void wipe(MutableByteSpan bytes) noexcept { OPENSSL_cleanse(bytes.data(), bytes.size()); }

}  // namespace coldread
