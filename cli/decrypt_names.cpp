#include "cli/decrypt_names.hpp"

#include <sys/stat.h>

#include <fstream>
#include <optional>
#include <utility>
#include <vector>

#include "cli/exit_code.hpp"
#include "core/base/text.hpp"
#include "core/extract/sidecar_names.hpp"
#include "core/report/json_value.hpp"

namespace coldread::cli {
namespace {

/// Prints locked entries with their true paths, as the report comes to them.
class Names {
 public:
  Names(const Arguments& arguments, const fscrypt::KeyRing& keys, Io& io)
      : arguments_(arguments), keys_(keys), io_(io) {}

  void take(const report::SidecarFilesystem& filesystem, const report::SidecarEntry& entry) {
    if (!entry.ciphertext) return;
    const std::size_t slash = entry.path.find_last_of('/');
    const std::string parent = slash == std::string::npos ? "" : entry.path.substr(0, slash);
    leave_for(entry.filesystem, parent);
    std::string path = above_.empty() || above_.back().path != parent ? parent : above_.back().true_path;
    if (!path.empty()) path += '/';
    std::string name = slash == std::string::npos ? entry.path : entry.path.substr(slash + 1);
    std::optional<std::string> problem;
    if (!entry.malformed.empty()) {
      problem = "`" + entry.malformed + "` is not as its schema has it";
    } else if (entry.ciphertext->name) {
      keep(extract::decrypt_name(filesystem, *entry.ciphertext->name, keys_), name, problem);
    }
    path += name;
    const bool named = !problem;
    std::string target;
    if (!problem && entry.ciphertext->target) {
      keep(extract::decrypt_target(filesystem, entry, keys_), target, problem);
    }
    if (problem) all_ = false;
    if (entry.type == "dir") above_.push_back({entry.filesystem, entry.path, path});
    print(entry, named ? path : "", target, problem);
  }

  [[nodiscard]] bool all() const { return all_; }

 private:
  struct Directory {
    std::size_t filesystem;
    std::string path;  ///< in the report
    std::string true_path;
  };

  /// Leaves those of the known directories that are not `parent` or above it: a report goes depth first.
  void leave_for(std::size_t filesystem, const std::string& parent) {
    const auto is_above = [&](const Directory& directory) {
      return directory.filesystem == filesystem && (parent + "/").starts_with(directory.path + "/");
    };
    while (!above_.empty() && !is_above(above_.back())) above_.pop_back();
  }

  static void keep(Result<std::string> plain, std::string& into, std::optional<std::string>& problem) {
    if (plain) {
      into = *std::move(plain);
    } else {
      problem = plain.error().message();
    }
  }

  void print(const report::SidecarEntry& entry, const std::string& path, const std::string& target,
             const std::optional<std::string>& problem) {
    if (arguments_.json) {
      auto line = report::JsonValue::object();
      const auto set = [&](const std::string& key, const std::string& bytes) {
        line.set(key, bytes);
        if (!is_utf8(bytes)) line.set(key + "_bytes", to_base64(as_bytes(bytes)));
      };
      set("path", entry.path);
      line.set("inode", entry.inode);
      if (!path.empty()) set("name", path);
      if (!target.empty()) set("target", target);
      if (problem) line.set("problem", *problem);
      io_.out << line.dump() << '\n';
      return;
    }
    const bool terminal = io_.out_is_terminal;
    io_.out << shown(entry.path, terminal) << ": " << shown(path, terminal);
    if (problem) io_.out << (path.empty() ? "" : " -> ") << "locked: " << shown(*problem, terminal);
    if (!target.empty()) io_.out << " -> " << shown(target, terminal);
    io_.out << '\n';
  }

  const Arguments& arguments_;
  const fscrypt::KeyRing& keys_;
  Io& io_;
  std::vector<Directory> above_;  ///< the directories on the way to the entry, as far as they are locked
  bool all_ = true;
};

}  // namespace

Result<report::Sidecar> read_report(const std::string& path, const report::WantedEntry& wanted) {
  std::ifstream text(path, std::ios::binary);
  struct stat st {};
  if (::stat(path.c_str(), &st) == 0 && S_ISDIR(st.st_mode)) {
    return fail(ErrorKind::kNotFound, path, "is a directory; give the report of the extraction");
  }
  if (!text) return fail(ErrorKind::kNotFound, path, "the report cannot be opened");
  auto sidecar = report::read_sidecar(text, wanted);
  if (!sidecar) return fail(sidecar.error().kind, path, sidecar.error().what);
  return sidecar;
}

Result<int> tell_names(const Arguments& arguments, const fscrypt::KeyRing& keys, Io& io) {
  Names names(arguments, keys, io);
  const auto sidecar = read_report(arguments.sidecar,
                                   [&](const report::SidecarFilesystem& filesystem, const report::SidecarEntry& entry) {
                                     names.take(filesystem, entry);
                                     return false;
                                   });
  if (!sidecar) return fail(sidecar.error());
  return static_cast<int>(names.all() ? kOk : kFindings);
}

}  // namespace coldread::cli
