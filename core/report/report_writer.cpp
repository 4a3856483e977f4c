#include "core/report/report_writer.hpp"

#include <optional>
#include <utility>

#include "core/report/json.hpp"
#include "core/report/part_file.hpp"
#include "core/report/schema.hpp"

namespace coldread::report {
namespace {

/// Writes one line for each entry; "policies" and "summary" follow the entries and "run" the filesystems, because they
/// are not known before.
class FileReportWriter final : public ReportWriter {
 public:
  FileReportWriter(std::unique_ptr<PartFile> file, const Image& image) : file_(std::move(file)) {
    file_->write("{\n\"schema\":" + JsonValue(kSchemaName).dump() + ",\n\"tool\":" + tool_json().dump());
    file_->write(",\n\"image\":" + to_json(image).dump() + ",\n\"filesystems\":[");
  }

  void begin_filesystem(const Filesystem& filesystem) override {
    std::string facts = to_json(filesystem).dump();
    facts.pop_back();  // the object stays open for its entries
    file_->write((any_filesystem_ ? ",\n" : "\n") + facts + ",\n\"entries\":[");
    any_filesystem_ = true;
    any_entry_ = false;
    open_ = true;
  }

  void add_entry(const Entry& entry) override {
    file_->write(any_entry_ ? ",\n" : "\n");
    file_->write(to_json(entry).dump());
    any_entry_ = true;
  }

  void end_filesystem(const std::vector<Policy>& policies, const Summary& summary,
                      const std::vector<std::string>& problems) override {
    JsonValue list = JsonValue::array();
    for (const Policy& policy : policies) list.append(to_json(policy));
    file_->write("\n],\n\"policies\":" + list.dump() + ",\n\"summary\":" + to_json(summary).dump());
    if (!problems.empty()) file_->write(",\n\"problems\":" + JsonValue::strings(problems).dump());
    file_->write("}");
    open_ = false;
  }

  void set_digest_list(const DigestListResult& result) override { digest_list_ = result; }

  Result<void> finish(const RunInfo& run, const std::string& result, int exit_code,
                      const std::vector<std::string>& problems) override {
    if (open_) return fail(ErrorKind::kOutput, {}, "the report ends in the middle of a filesystem and is not written");
    file_->write("\n]");
    if (digest_list_) file_->write(",\n\"digest_list\":" + to_json(*digest_list_).dump());
    if (!problems.empty()) file_->write(",\n\"problems\":" + JsonValue::strings(problems).dump());
    file_->write(",\n\"run\":" + to_json(run).dump() + ",\n\"result\":" + JsonValue(result).dump());
    file_->write(",\n\"exit_code\":" + std::to_string(exit_code) + "\n}\n");
    return file_->commit();
  }

 private:
  std::unique_ptr<PartFile> file_;
  std::optional<DigestListResult> digest_list_;
  bool any_filesystem_ = false;
  bool any_entry_ = false;
  bool open_ = false;  ///< between begin_filesystem and end_filesystem
};

}  // namespace

Result<std::unique_ptr<ReportWriter>> ReportWriter::open(const std::string& path, const Image& image) {
  auto file = PartFile::create(path);
  if (!file) return fail(file.error());
  return std::make_unique<FileReportWriter>(*std::move(file), image);
}

}  // namespace coldread::report
