#pragma once

#include <string>
#include <vector>

namespace coldread {

/// Something wrong with the evidence: a sentence that names its place. Reading goes on.
using Finding = std::string;
using Findings = std::vector<Finding>;

}  // namespace coldread
