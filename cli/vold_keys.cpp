#include "cli/vold_keys.hpp"

#include <algorithm>
#include <utility>

#include "core/fscrypt/vold_key.hpp"

namespace coldread::cli {
namespace {

std::string state_of(const extract::VoldKey& key) {
  if (key.opened) return "opened";
  const ErrorKind kind = key.why ? key.why->kind : ErrorKind::kLocked;
  if (kind == ErrorKind::kLocked) return "missing";
  return kind == ErrorKind::kUnsupported ? "unsupported" : "damaged";
}

/// What only the phone can use: a key of files that is not 64 bytes long.
bool is_wrapped(const extract::VoldKey& key) {
  return key.opened && key.opened->identifier.empty() && key.opened->size > fscrypt::kMaxKeySize;
}

report::JsonValue to_json(const extract::VoldKey& key) {
  auto value = report::JsonValue::object();
  if (!key.partition.empty()) value.set("partition", key.partition);
  value.set("path", "/" + key.path).set("what", key.what).set("state", state_of(key));
  if (key.why) value.set("why", key.why->message());
  if (key.opened) {
    value.set("opened_by", key.opened->by).set("key_size", std::uint64_t{key.opened->size});
    if (is_wrapped(key)) value.set("hardware_wrapped", true);
    if (!key.opened->identifier.empty()) {
      value.set("identifier", key.opened->identifier).set("descriptor", key.opened->descriptor);
    }
    if (!key.opened->doubt.empty()) value.set("problem", key.opened->doubt);
  }
  if (!key.version.empty()) value.set("version", key.version);
  if (!key.stretching.empty()) value.set("stretching", key.stretching);
  if (!key.blob.empty()) value.set("keymaster_blob", key.blob);
  auto files = report::JsonValue::array();
  for (const auto& file : key.files) {
    files.append(report::JsonValue::object().set("name", file.name).set("size", file.size));
  }
  value.set("files", std::move(files));
  return value;
}

std::string line_of(const extract::VoldKey& key) {
  std::string line = (key.partition.empty() ? "vold " : key.partition + ": vold ") + key.what + " in /" + key.path +
                     ": " + state_of(key);
  if (key.why) line += ": " + key.why->message();
  if (key.opened) {
    line += " by " + key.opened->by + ", " + std::to_string(key.opened->size) + " bytes";
    if (is_wrapped(key)) line += ", which only the phone's hardware can use (a wrapped key)";
    if (!key.opened->identifier.empty()) {
      line += ", identifier " + key.opened->identifier + ", descriptor " + key.opened->descriptor;
    }
    if (!key.opened->doubt.empty()) line += "; " + key.opened->doubt;
  }
  line += "; holds";
  const char* separator = " ";
  for (const auto& file : key.files) {
    line += separator + file.name + " (" + std::to_string(file.size) + ")";
    separator = ", ";
  }
  if (!key.stretching.empty()) line += "; stretching " + key.stretching;
  return line;
}

}  // namespace

Result<void> add_vold_keys(const Arguments& arguments, Io& io, fs::OpenOptions options, Session& session) {
  const auto read = read_key_files(arguments.vold_secrets, io);
  if (!read) return fail(read.error());
  const std::vector<fscrypt::NamedSecret>& secrets = *read;
  std::vector<extract::NamedVolume> volumes;
  for (const fs::Found& found : session.contents.filesystems) {
    if (found.volume) volumes.push_back({found.volume.get(), partition_name(found)});
  }
  const auto others = filesystems_left_out(session.image, std::move(options), session.contents);
  for (const fs::Found& found : others) volumes.push_back({found.volume.get(), partition_name(found)});
  session.vold_keys = extract::find_vold_keys(volumes, secrets, *session.keys, io.interrupt);
  const auto opened_something = [&](const fscrypt::NamedSecret& secret) {
    return std::ranges::any_of(session.vold_keys, [&](const extract::VoldKey& key) {
      return key.opened && key.opened->by == fscrypt::by_secret(secret);
    });
  };
  for (const fscrypt::NamedSecret& secret : secrets) {
    const auto is_same_and_did = [&](const fscrypt::NamedSecret& other) {
      return std::ranges::equal(other.key.view(), secret.key.view()) && opened_something(other);
    };
    if (!arguments.quiet && !io.interrupt && std::ranges::none_of(secrets, is_same_and_did)) {
      complain(io, secret.origin + ": this secret opens none of the image's vold key directories");
    }
  }
  for (const extract::VoldKey& key : session.vold_keys) {
    if (arguments.verbose) complain(io, line_of(key));
  }
  return {};
}

void list_vold_keys(const Session& session, const Arguments& arguments, Io& io, report::JsonValue& whole) {
  if (session.vold_keys.empty()) return;
  auto list = report::JsonValue::array();
  for (const extract::VoldKey& key : session.vold_keys) {
    if (arguments.json) {
      list.append(to_json(key));
    } else {
      io.out << shown(line_of(key), io.out_is_terminal) << '\n';
    }
  }
  whole.set("vold", std::move(list));
}

}  // namespace coldread::cli
