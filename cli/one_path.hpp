#pragma once

#include <atomic>
#include <memory>

#include "cli/exit_code.hpp"
#include "cli/session.hpp"
#include "core/extract/content.hpp"
#include "core/extract/entry_record.hpp"

namespace coldread::cli {

/// What a command about one PATH works on.
struct OnePath {
  Session session;
  const fs::Found* found = nullptr;
  Lost lost;
  extract::WalkItem item;
  std::uint32_t page_size = 0;

  [[nodiscard]] const volume::Volume& volume() const { return *found->volume; }
  /// The exit code of a command that would end with `code`: where replay fell short, all may be right but the state of
  /// the filesystem that was read.
  [[nodiscard]] int exit_code(int code) const {
    return code == kOk && !volume().facts().replay.whole ? kFindings : code;
  }
  [[nodiscard]] const extract::Encryption* encryption() const { return item.encryption ? &*item.encryption : nullptr; }
};

/// Opens the image and finds the path (the root where none was given). Where replay fell short, it says so on standard
/// error. Errors: those of open_session(),
/// only_filesystem() and find_path().
[[nodiscard]] Result<OnePath> open_one_path(const Arguments& arguments, Io& io);

/// The record of one entry, its content not read: with attributes and a symlink's target.
/// A file that nothing is wrong with so far has no status.
[[nodiscard]] report::Entry describe_whole(const volume::Volume& volume, const extract::WalkItem& item,
                                           extract::PolicyTable& policies);

/// The reader of a file that can be read. Errors: kNotFound (not a regular file), kLocked (its key is missing).
/// `stop` as in plan_content().
[[nodiscard]] Result<extract::ContentPlan> plan_file(const OnePath& at, const std::atomic<bool>* stop = nullptr);

}  // namespace coldread::cli
