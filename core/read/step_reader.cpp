#include "core/read/step_reader.hpp"

#include <algorithm>
#include <utility>

namespace coldread::read {

StepReader::StepReader(std::unique_ptr<const Reader> inner, std::vector<std::unique_ptr<const Step>> steps)
    : inner_(std::move(inner)), steps_(std::move(steps)), unit_(inner_->unit()) {
  for (const auto& step : steps_) unit_ = std::max(unit_, step->unit());
}

void StepReader::fill(Window& window) const {
  inner_->fill(window);
  for (const auto& step : steps_) step->apply(window);
}

std::unique_ptr<const Reader> with_steps(std::unique_ptr<const Reader> inner,
                                         std::vector<std::unique_ptr<const Step>> steps) {
  if (steps.empty()) return inner;
  return std::make_unique<StepReader>(std::move(inner), std::move(steps));
}

}  // namespace coldread::read
