#pragma once

#include "cli/session.hpp"
#include "core/report/json_value.hpp"

namespace coldread::cli {

/// Looks for vold's key directories (Android) on the filesystems that were opened, and puts what they give on the
/// session's ring. Errors: kUsage, kNotFound (a file of --vold-secret).
[[nodiscard]] Result<void> add_vold_keys(const Arguments& arguments, Io& io, Session& session);

/// Tells of them: as text, or with --json as the member "vold" of `whole`. Nothing where there are none.
void list_vold_keys(const Session& session, const Arguments& arguments, Io& io, report::JsonValue& whole);

}  // namespace coldread::cli
