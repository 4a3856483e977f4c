#pragma once

#include <string>

#include "core/base/byte_view.hpp"

namespace coldread::read {

/// What became of a compressed cluster.
struct Decoded {
  bool whole = false;   ///< the output is the cluster's content; else it is of no use
  std::string problem;  ///< what is wrong; empty where nothing is, never empty where it is not whole
};

/// Unpacks compressed clusters: a filesystem's way of storing them, and one algorithm. Safe to use from several threads
/// at once.
class ClusterDecoder {
 public:
  ClusterDecoder() = default;
  ClusterDecoder(const ClusterDecoder&) = delete;
  ClusterDecoder& operator=(const ClusterDecoder&) = delete;
  virtual ~ClusterDecoder() = default;

  /// Unpacks `stored`, the whole blocks that hold a cluster's compressed bytes (decrypted), into all of `out`, which is
  /// as long as the cluster. They do not overlap.
  [[nodiscard]] virtual Decoded decode(ByteSpan stored, MutableByteSpan out) const = 0;
};

}  // namespace coldread::read
