#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "core/base/checked.hpp"
#include "core/read/reader.hpp"

namespace coldread::extract {

/// A step that cannot be run on this file: it finds fault with every block up to EOF, by the same reason.
class ImpossibleStep final : public read::Step {
 public:
  ImpossibleStep(read::StepKind kind, std::string reason, std::uint64_t size, std::uint32_t block_size)
      : kind_(kind), reason_(std::move(reason)), end_(round_up(size, block_size)), block_size_(block_size) {}
  [[nodiscard]] read::StepKind kind() const override { return kind_; }
  [[nodiscard]] std::uint32_t unit() const override { return block_size_; }
  void apply(read::Window& window) const override {
    const std::uint64_t end = std::min(window.end(), end_);
    if (window.offset < end) window.faults.push_back({{window.offset, end - window.offset}, kind_, reason_});
  }

 private:
  read::StepKind kind_;
  std::string reason_;
  std::uint64_t end_;
  std::uint32_t block_size_;
};

}  // namespace coldread::extract
