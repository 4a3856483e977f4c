#include <lzo/lzo1x.h>

#include "core/codec/lzo_rle.hpp"
#include "core/codec/unpack.hpp"

namespace coldread::codec {

read::Decoded unpack_lzo(ByteView packed, MutableByteSpan out) {
  if (has_lzo_version(packed)) return unpack_lzo_rle(packed, out);
  lzo_uint got = out.size();
  switch (lzo1x_decompress_safe(as_uchars(packed.span()), packed.size(), as_uchars(out), &got, nullptr)) {
    case LZO_E_OK: break;
    case LZO_E_INPUT_OVERRUN:
    case LZO_E_EOF_NOT_FOUND: return cut_short();
    case LZO_E_OUTPUT_OVERRUN: return too_long(out.size());
    default: return malformed();
  }
  if (got != out.size()) return too_short(got, out.size());
  return {true, ""};
}

}  // namespace coldread::codec
