#pragma once

#include <memory>
#include <vector>

#include "core/read/reader.hpp"

namespace coldread::read {

/// Another reader with steps run over what it brought in, in the order given (decrypt before verity).
class StepReader final : public Reader {
 public:
  StepReader(std::unique_ptr<const Reader> inner, std::vector<std::unique_ptr<const Step>> steps);

  [[nodiscard]] std::uint64_t size() const override { return inner_->size(); }
  [[nodiscard]] std::uint32_t unit() const override { return unit_; }
  void fill(Window& window) const override;
  /// No step changes a hole.
  [[nodiscard]] std::uint64_t hole_end(std::uint64_t offset) const override { return inner_->hole_end(offset); }

 private:
  std::unique_ptr<const Reader> inner_;
  std::vector<std::unique_ptr<const Step>> steps_;
  std::uint32_t unit_;
};

/// `inner` with the steps around it; `inner` itself where there are none, so that a plain read pays for nothing.
[[nodiscard]] std::unique_ptr<const Reader> with_steps(std::unique_ptr<const Reader> inner,
                                                       std::vector<std::unique_ptr<const Step>> steps);

}  // namespace coldread::read
