#pragma once

#include <string>

#include "cli/io.hpp"
#include "core/extract/fscrypt_tool.hpp"
#include "core/report/json.hpp"

namespace coldread::cli {

/// Lists what fscrypt(8) keeps on the image: in `json`, which becomes an object's members `protectors` and
/// `protected_policies` (and `protector_problems`, what of it is damaged), or as lines for people where it is null.
/// False where something of it is damaged.
bool list_protectors(const extract::FscryptTool& tool, const fscrypt::KeyRing& keys, report::JsonValue* json, Io& io);

}  // namespace coldread::cli
