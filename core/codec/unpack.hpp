#pragma once

#include "core/base/byte_view.hpp"
#include "core/read/cluster_decoder.hpp"
#include "core/read/compression.hpp"

namespace coldread::codec {

/// Unpacks `packed` into all of `out`: one stream of the algorithm that ends where `packed` does and gives exactly as
/// many bytes as `out` has. Where it does not, the problem says why; the output is then whole only where the kernel
/// takes the stream all the same. They do not overlap.
using Unpack = read::Decoded (*)(ByteView packed, MutableByteSpan out);

/// A block of LZ4 (its HC variant is the same on disk).
[[nodiscard]] read::Decoded unpack_lz4(ByteView packed, MutableByteSpan out);
/// A frame of Zstandard (RFC 8878). The kernel does not look at what follows the frame: that is a problem, of whole
/// output.
[[nodiscard]] read::Decoded unpack_zstd(ByteView packed, MutableByteSpan out);
/// A stream of LZO1X, of bitstream version 0 (lzo) or later (lzo-rle). The kernel has one decoder for both and goes by
/// the stream, whatever the inode says; so does this.
[[nodiscard]] read::Decoded unpack_lzo(ByteView packed, MutableByteSpan out);

[[nodiscard]] Unpack unpack_of(read::CompressionAlgorithm algorithm);

/// What is said of a stream that breaks its own format, of one that ends early, and of one that gives other than
/// `wanted` bytes (`got` is 0 where it is not known how many more).
[[nodiscard]] read::Decoded malformed();
[[nodiscard]] read::Decoded cut_short();
[[nodiscard]] read::Decoded too_short(std::size_t got, std::size_t wanted);
[[nodiscard]] read::Decoded too_long(std::size_t wanted);

}  // namespace coldread::codec
