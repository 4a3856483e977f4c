#pragma once

#include "core/base/byte_view.hpp"
#include "core/read/cluster_decoder.hpp"

namespace coldread::codec {

/// Unpacks a stream of LZO1X as Linux understands it: of bitstream version 0, or, where its first byte is 17 and it has
/// five bytes or more, of the version in its second byte, whose streams encode runs of zeros (lzo-rle). As Unpack.
/// Source: Documentation/staging/lzo.rst.
[[nodiscard]] read::Decoded unpack_lzo_rle(ByteView packed, MutableByteSpan out);

/// True where the stream names its version, which only Linux knows.
[[nodiscard]] bool has_lzo_version(ByteView packed);

}  // namespace coldread::codec
