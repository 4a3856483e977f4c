#include <zstd.h>
#include <zstd_errors.h>

#include <memory>

#include "core/base/little_endian.hpp"
#include "core/codec/unpack.hpp"

namespace coldread::codec {
namespace {

struct FreeContext {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

/// One for each thread, kept from cluster to cluster. Null where there is no memory for it.
ZSTD_DCtx* context() {
  thread_local const std::unique_ptr<ZSTD_DCtx, FreeContext> kContext(ZSTD_createDCtx());
  return kContext.get();
}

read::Decoded failure(std::size_t code, std::size_t wanted) {
  switch (ZSTD_getErrorCode(code)) {
    case ZSTD_error_dstSize_tooSmall: return too_long(wanted);
    case ZSTD_error_srcSize_wrong: return cut_short();
    case ZSTD_error_checksum_wrong: return {false, "the frame's own checksum does not match"};
    case ZSTD_error_memory_allocation: return {false, "there is no memory to unpack it"};
    default: return malformed();
  }
}

}  // namespace

// Unpacked in one call, straight into the output, which serves as the window: so the size that a frame claims for its
// window costs no memory. The call would go on to further frames, so it gets the first alone; what the library reads
// besides (skippable and old frames), the kernel does not.
read::Decoded unpack_zstd(ByteView packed, MutableByteSpan out) {
  const auto magic = packed.load<Le32>(0);
  if (!magic) return cut_short();
  if (magic->get() != ZSTD_MAGICNUMBER) return malformed();
  const std::size_t frame = ZSTD_findFrameCompressedSize(packed.span().data(), packed.size());
  if (ZSTD_isError(frame) != 0) return failure(frame, out.size());
  ZSTD_DCtx* const kept = context();
  if (kept == nullptr) return {false, "there is no memory to unpack it"};
  const std::size_t got = ZSTD_decompressDCtx(kept, out.data(), out.size(), packed.span().data(), frame);
  if (ZSTD_isError(got) != 0) return failure(got, out.size());
  if (got != out.size()) return too_short(got, out.size());
  if (frame != packed.size()) {
    return {true, std::to_string(packed.size() - frame) + " bytes follow the end of the compressed data"};
  }
  return {true, ""};
}

}  // namespace coldread::codec
