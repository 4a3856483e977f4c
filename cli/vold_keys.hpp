#pragma once

#include "cli/session.hpp"
#include "core/report/json_value.hpp"

namespace coldread::cli {

/// Looks for vold's key directories (Android), and puts what they give on the session's ring. Where the command line
/// chooses one filesystem they are looked for on the others too, which `options` leave out: the keys of one may lie on
/// another. Errors: kUsage (a file of --vold-secret).
[[nodiscard]] Result<void> add_vold_keys(const Arguments& arguments, Io& io, fs::OpenOptions options, Session& session);

/// Tells of them: as text, or with --json as the member "vold" of `whole`. Nothing where there are none.
void list_vold_keys(const Session& session, const Arguments& arguments, Io& io, report::JsonValue& whole);

}  // namespace coldread::cli
