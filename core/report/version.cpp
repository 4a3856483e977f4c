#include "core/report/version.hpp"

namespace coldread::report {

std::string_view version() { return COLDREAD_VERSION; }

}  // namespace coldread::report
