#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "core/source/block_source.hpp"

namespace coldread::test {

/// An image that takes memory only for what was written to it: all else is zeros. Pages of it can be made unreadable.
class SparseSource final : public source::BlockSource {
 public:
  static constexpr std::uint64_t kPage = 4096;

  explicit SparseSource(std::uint64_t size) : size_(size) {}
  SparseSource(const SparseSource& other, std::uint64_t size) : size_(size), pages_(other.pages_), bad_(other.bad_) {}

  void put(std::uint64_t offset, ByteSpan bytes) {
    for (std::size_t done = 0; done < bytes.size();) {
      const std::uint64_t at = (offset + done) % kPage;
      const std::size_t part = std::min<std::size_t>(bytes.size() - done, kPage - at);
      Bytes& page = pages_[(offset + done) / kPage];
      page.resize(kPage);
      std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(done), part,
                  page.begin() + static_cast<std::ptrdiff_t>(at));
      done += part;
    }
  }
  /// Every read of the pages that [offset, offset + length) touches fails from now on.
  void spoil(std::uint64_t offset, std::uint64_t length) {
    for (std::uint64_t page = offset / kPage; page <= (offset + length - 1) / kPage; ++page) bad_.insert(page);
  }

  [[nodiscard]] std::uint64_t size() const override { return size_; }
  [[nodiscard]] std::vector<source::ReadFault> read_at(std::uint64_t offset, MutableByteSpan out) const override {
    std::vector<source::ReadFault> faults;
    std::fill(out.begin(), out.end(), std::byte{0});
    for (std::size_t done = 0; done < out.size();) {
      const std::uint64_t place = offset + done;
      if (place >= size_) {
        faults.push_back({{place, out.size() - done}, "past the end of the image"});
        break;
      }
      const std::uint64_t at = place % kPage;
      const auto part =
          static_cast<std::size_t>(std::min({std::uint64_t{out.size() - done}, kPage - at, size_ - place}));
      const auto page = pages_.find(place / kPage);
      if (bad_.contains(place / kPage)) {
        faults.push_back({{place, part}, "it is spoiled"});
      } else if (page != pages_.end()) {
        std::copy_n(page->second.begin() + static_cast<std::ptrdiff_t>(at), part,
                    out.begin() + static_cast<std::ptrdiff_t>(done));
      }
      done += part;
    }
    return faults;
  }

 private:
  std::uint64_t size_;
  std::map<std::uint64_t, Bytes> pages_;
  std::set<std::uint64_t> bad_;
};

}  // namespace coldread::test
