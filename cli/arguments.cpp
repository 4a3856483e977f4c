#include "cli/arguments.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <functional>
#include <thread>

#include "cli/exit_code.hpp"
#include "cli/option_values.hpp"
#include "core/report/schema.hpp"
#include "core/report/version.hpp"

namespace coldread::cli {
namespace {

constexpr const char* kExitCodes =
    "Exit codes:\n"
    "  0    all that was asked was read, decrypted and verified\n"
    "  1    finished, with findings: something is damaged, locked, or failed verification\n"
    "  2    the command line is wrong; nothing was read or written\n"
    "  3    the image cannot be read as asked\n"
    "  4    the output cannot be written\n"
    "  130  interrupted";

/// The value, where there is one; CLI11 prints the rest.
template <class Value>
Value must(Result<Value> result) {
  if (!result) throw CLI::ValidationError(result.error().where, result.error().what);
  return *std::move(result);
}

void must(const Result<void>& result) {
  if (!result) throw CLI::ValidationError(result.error().where, result.error().what);
}

/// An option that takes one text and is given at most once.
void text_option(CLI::App& app, const std::string& name, const std::string& value, const std::string& help,
                 const std::function<void(const std::string&)>& set) {
  app.add_option_function<std::string>(name, set, help)->type_name(value);
}

/// An option that takes one text each time it is given.
void list_option(CLI::App& app, const std::string& name, std::vector<std::string>& list, const std::string& value,
                 const std::string& help) {
  app.add_option(name, list, help)->type_name(value)->allow_extra_args(false);
}

class Parser {
 public:
  Parser();
  Parsed parse(const std::vector<std::string>& line);

 private:
  CLI::App* command(const std::string& name, const std::string& help);
  void image_options(CLI::App& app);
  void key_options(CLI::App& app);
  void image_key_options(CLI::App& app);
  void lost_options(CLI::App& app);
  void trust_options(CLI::App& app);
  void page_option(CLI::App& app);
  void work_options(CLI::App& app);
  void report_options(CLI::App& app, const std::string& default_report, const std::string& default_hash);
  void json_option(CLI::App& app);
  void paths(CLI::App& app, const std::string& help);
  void one_path(CLI::App& app, bool required);
  void dump_option(CLI::App& verify);
  void decrypt_command();
  void digest_command();
  void jobs_option(CLI::App& app);
  void report_command();

  CLI::App app_{
      "Reads Linux filesystems offline: decrypts fscrypt files, verifies fs-verity files, reports what it did.",
      "coldread"};
  Arguments a_;
  bool version_ = false;
  bool schema_ = false;
};

CLI::App* Parser::command(const std::string& name, const std::string& help) {
  CLI::App* app = app_.add_subcommand(name, help);
  app->footer(kExitCodes);
  app->add_option("IMAGE", a_.image, "a disk image or a block device; opened read-only")->required()->type_name("");
  image_options(*app);
  key_options(*app);
  image_key_options(*app);
  app->add_flag("-q,--quiet", a_.quiet, "say nothing but errors");
  app->add_flag("-v,--verbose", a_.verbose, "say more on standard error");
  return app;
}

void Parser::image_options(CLI::App& app) {
  text_option(app, "--partition", "N|LABEL|UUID",
              "this partition (default: every ext4 or f2fs filesystem on the image)",
              [this](const std::string& text) { a_.partition = text; });
  text_option(app, "--offset", "BYTES", "the filesystem that begins at this byte, whatever a partition table says",
              [this](const std::string& text) { a_.offset = must(parse_number(text, "--offset")); });
  list_option(app, "--device", a_.devices, "FILE",
              "a further device of an f2fs filesystem over several, in the order in which it counts them");
  text_option(app, "--checkpoint", "N", "read f2fs by its checkpoint of this version (default: the newer of the two)",
              [this](const std::string& text) { a_.checkpoint = must(parse_number(text, "--checkpoint")); });
  CLI::Option* no_replay = app.add_flag("--no-replay", a_.no_replay,
                                        "read the filesystem as it lies, without journal replay or roll-forward");
  app.add_option("--journal", a_.journal, "the ext4 journal that the filesystem keeps on this device of its own")
      ->type_name("FILE")
      ->excludes(no_replay);
}

void Parser::lost_options(CLI::App& app) {
  app.add_flag("--orphans", a_.orphans, "also what is in use and has no name, as .orphans/INODE");
  app.add_flag("--deleted", a_.deleted,
               "also what remains of deleted files, below .deleted: names in directories, older inodes in the journal");
}

void Parser::key_options(CLI::App& app) {
  list_option(app, "--key", a_.keys, "FILE",
              "a key: 16 to 64 raw bytes, or the same in hex; a directory gives every file in it; - is standard input");
  app.add_option_function<std::vector<std::string>>(
         "--v1-key",
         [this](const std::vector<std::string>& list) {
           for (const std::string& text : list) must(add_v1_key(a_, text));
         },
         "the key of v1 policies with this descriptor, where that is not derived from the key")
      ->type_name("DESCRIPTOR=FILE")
      ->allow_extra_args(false);
  list_option(app, "--hw-key", a_.hw_keys, "FILE",
              "the raw key behind a hardware-wrapped one: software secret and inline key are derived from it");
  list_option(app, "--sw-secret", a_.sw_secrets, "FILE",
              "the software secret of a hardware-wrapped key (32 bytes): opens names");
  list_option(app, "--inline-key", a_.inline_keys, "FILE",
              "the inline key of a hardware-wrapped key (64 bytes): with its software secret, opens contents");
}

/// What opens keys that an image itself keeps.
void Parser::image_key_options(CLI::App& app) {
  list_option(app, "--vold-secret", a_.vold_secrets, "FILE",
              "a secret by which Android's vold seals a user's key, as Android derives it from the credential");
  list_option(app, "--passphrase-file", a_.passphrase_files, "FILE",
              "a passphrase, for protectors of fscrypt(8) on the image and for keys of e4crypt(8); a final newline is "
              "not part of it; - is standard input");
  app.add_option_function<std::vector<std::string>>(
         "--passphrase-salt",
         [this](const std::vector<std::string>& list) {
           for (const std::string& text : list) must(add_passphrase_salt(a_, text));
         },
         "a salt that e4crypt(8) was given, as it takes it (s:TEXT, 0xHEX, UUID), besides those of the filesystems")
      ->type_name("SALT")
      ->allow_extra_args(false);
}

void Parser::trust_options(CLI::App& app) {
  list_option(app, "--digests", a_.digests, "FILE",
              "lines as `fsverity digest` prints them: each listed path must exist, be verity and match");
  list_option(app, "--cert", a_.certs, "FILE", "PEM X.509: built-in fs-verity signatures must chain to it");
  app.add_flag("--require-signature", a_.require_signature,
               "each fs-verity file must have a built-in signature that is valid by the certificates (--cert)");
}

void Parser::page_option(CLI::App& app) {
  text_option(app, "--page-size", "BYTES", "page size, 4096 to 65536 (default: the larger of 4096 and the block size)",
              [this](const std::string& text) { must(set_page_size(a_, text)); });
}

void Parser::jobs_option(CLI::App& app) {
  app.add_option("-j,--jobs", a_.jobs, "how many workers (default: all cores)")
      ->type_name("N")
      ->check(CLI::Range(1U, 1024U));
}

void Parser::work_options(CLI::App& app) {
  page_option(app);
  jobs_option(app);
  list_option(app, "--include", a_.include, "GLOB",
              "only files that match, or lie below a match; `*` crosses /; without / it is held against the last name");
  list_option(app, "--exclude", a_.exclude, "GLOB", "nothing that matches, or lies below a match");
}

void Parser::report_options(CLI::App& app, const std::string& default_report, const std::string& default_hash) {
  app.add_option("--report", a_.report, "where the report goes; - is standard output (default: " + default_report + ")")
      ->type_name("FILE");
  text_option(app, "--hash", "LIST",
              "content hashes in the report, of sha256, sha1, md5; or none (default: " + default_hash + ")",
              [this](const std::string& list) { must(set_hashes(a_, list)); });
  app.add_flag("--hash-image", a_.hash_image, "put the SHA-256 of the whole image into the report");
  app.add_flag("--runs", a_.runs, "put into the report where each file's bytes lie in the image");
  app.add_option("--progress", a_.progress, "progress on standard error: auto (on a terminal), always, never")
      ->type_name("WHEN")
      ->check(CLI::IsMember({"auto", "always", "never"}));
}

void Parser::dump_option(CLI::App& verify) {
  CLI::Option* dump =
      verify.add_option("--dump", a_.dump,
                        "instead: one PATH's raw fs-verity metadata on standard output: descriptor, merkle-tree, "
                        "signature");
  dump->type_name("WHAT")->check(CLI::IsMember({"descriptor", "merkle-tree", "signature"}));
  for (const char* const senseless :
       {"--digest", "--digests", "--cert", "--require-signature", "--page-size", "--jobs", "--include", "--exclude",
        "--report", "--hash", "--hash-image", "--runs", "--progress"}) {
    dump->excludes(verify.get_option(senseless));
  }
}

void Parser::json_option(CLI::App& app) { app.add_flag("--json", a_.json, "JSON for programs instead of text"); }

void Parser::paths(CLI::App& app, const std::string& help) { app.add_option("PATH", a_.paths, help)->type_name(""); }

void Parser::one_path(CLI::App& app, bool required) {
  app.add_option_function<std::string>(
         "PATH", [this](const std::string& path) { a_.paths = {path}; }, "a path from the filesystem's root")
      ->required(required)
      ->type_name("");
}

void Parser::decrypt_command() {
  CLI::App* app = app_.add_subcommand("decrypt", "decrypt what `extract --ciphertext` wrote, once its key is found");
  app->footer(kExitCodes);
  CLI::Option* file = app->add_option("FILE", a_.image, "a locked file's ciphertext: NAME.ciphertext")->type_name("");
  app->add_option("--sidecar", a_.sidecar, "the report of the extraction that wrote it")->type_name("FILE")->required();
  key_options(*app);
  app->add_option("--path", a_.sidecar_path, "the entry's path in the report (default: the entry with this content)")
      ->type_name("PATH")
      ->needs(file);
  app->add_option("-o,--output", a_.output,
                  "the file to write, which must not exist; of a directory: by its true name there; - is standard "
                  "output (default: -)")
      ->type_name("FILE")
      ->needs(file);
  CLI::Option* names = app->add_flag("--names", a_.names,
                                     "instead of a file, the locked entries of the report with their true names and "
                                     "targets");
  names->excludes(file);
  app->add_flag("--json", a_.json, "with --names: one JSON object a line")->needs(names);
  app->add_flag("-q,--quiet", a_.quiet, "say nothing but errors");
  app->add_flag("-v,--verbose", a_.verbose, "say more on standard error");
}

void Parser::digest_command() {
  CLI::App* app = app_.add_subcommand("digest", "compute ordinary files' fs-verity digests, as `fsverity digest` does");
  app->footer(kExitCodes);
  app->add_option("FILE", a_.paths, "an ordinary file on this system, not on an image")->required()->type_name("");
  text_option(*app, "--hash-alg", "NAME", "sha256 or sha512 (default: sha256)",
              [this](const std::string& name) { must(set_hash_algorithm(a_, name)); });
  text_option(*app, "--block-size", "BYTES", "Merkle tree block size, 1024 to 65536 (default: 4096)",
              [this](const std::string& text) { must(set_verity_block_size(a_, text)); });
  text_option(*app, "--salt", "HEX", "a salt of up to 32 bytes (default: none)",
              [this](const std::string& hex) { must(set_salt(a_, hex)); });
  app->add_flag("--compact", a_.compact, "print the digests alone");
  app->add_flag("--for-builtin-sig", a_.for_builtin_signature,
                "print what a built-in signature is made over, instead of the digest");
  app->add_option("--out-merkle-tree", a_.out_merkle_tree, "write the Merkle tree there, of one FILE")
      ->type_name("FILE");
  app->add_option("--out-descriptor", a_.out_descriptor, "write the descriptor there, of one FILE")->type_name("FILE");
  jobs_option(*app);
}

void Parser::report_command() {
  CLI::App* app = app_.add_subcommand("report", "show a report to people: a summary, or a page for a browser");
  app->footer(kExitCodes +
              std::string("\n\nWhat the report says does not change the exit code: it is 0 once it was shown."));
  app->add_option("REPORT", a_.image, "a report of `extract` or `verify`; - is standard input")
      ->required()
      ->type_name("");
  app->add_option("--html", a_.html,
                  "write one HTML page that needs nothing else: filters, findings, block maps; - is standard output")
      ->type_name("FILE");
}

Parser::Parser() {
  app_.footer(std::string("`coldread COMMAND --help` tells a command's options.\n\n") + kExitCodes);
  app_.add_flag("--version", version_, "print the version and end");
  app_.add_flag("--schema", schema_, "print the JSON Schema of the report and end");
  app_.require_subcommand(0, 1);

  json_option(*command("info", "what is on the image: partitions, filesystems, features, policies, keys"));

  CLI::App* ls = command("ls", "list a directory");
  one_path(*ls, false);
  ls->add_flag("-l", a_.long_listing, "type, permissions, links, owner, size, time, status");
  ls->add_flag("-R", a_.recursive, "all below it too");
  lost_options(*ls);
  json_option(*ls);

  CLI::App* stat = command("stat", "everything known of one inode");
  one_path(*stat, true);
  lost_options(*stat);
  page_option(*stat);
  json_option(*stat);

  CLI::App* cat = command("cat", "write a file's content to standard output");
  one_path(*cat, true);
  lost_options(*cat);
  page_option(*cat);
  text_option(*cat, "--range", "OFFSET:LENGTH", "only these bytes",
              [this](const std::string& text) { must(set_range(a_, text)); });

  CLI::App* pages = command("pages", "the page table of one file, as reconstructed");
  one_path(*pages, true);
  lost_options(*pages);
  page_option(*pages);
  json_option(*pages);
  pages->add_option("--svg", a_.svg, "draw a map of the file's blocks as SVG; - is standard output, without the table")
      ->type_name("FILE");

  CLI::App* extract = command("extract", "write the files and the report");
  paths(*extract, "what to extract, from the filesystem's root (default: everything)");
  extract->add_option("-o,--output", a_.output, "the directory to write into; created, refused if it is not empty")
      ->type_name("DIR")
      ->required();
  lost_options(*extract);
  trust_options(*extract);
  work_options(*extract);
  text_option(
      *extract, "--damaged", "HOW",
      "what is written where a block failed: keep (what was read), zero (zeros for the block), page (zeros for its "
      "page), omit (no file) (default: keep)",
      [this](const std::string& how) { must(set_damaged(a_, how)); });
  extract->add_flag("--ciphertext", a_.ciphertext,
                    "also write locked files as they are stored, as NAME.ciphertext, for `coldread decrypt`");
  text_option(*extract, "--preserve", "LIST", "of owner, setid, special: what else the output is to carry",
              [this](const std::string& list) { must(set_preserve(a_, list)); });
  report_options(*extract, "DIR.report.json", "sha256");

  CLI::App* verify = command("verify", "check every fs-verity file without writing files");
  paths(*verify, "what to verify, from the filesystem's root (default: everything)");
  lost_options(*verify);
  verify->add_flag("--digest", a_.digest, "print each file's digest as `fsverity digest` does");
  trust_options(*verify);
  work_options(*verify);
  report_options(*verify, "none", "none");
  dump_option(*verify);

  decrypt_command();
  digest_command();
  report_command();

  json_option(*command("keys", "the policies in use, and which given key opens each"));
}

Parsed Parser::parse(const std::vector<std::string>& line) {
  a_.all = line;
  try {
    // CLI11 takes "--salt=" for "--salt" and the next argument for its value.
    std::vector<std::string> words;
    bool options = true;
    for (const std::string& word : line) {
      options = options && word != "--";
      const bool is_empty = options && word.size() > 3 && word.starts_with("--") && word.find('=') == word.size() - 1;
      words.push_back(is_empty ? word.substr(0, word.size() - 1) : word);
      if (is_empty) words.emplace_back();
    }
    app_.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::CallForHelp&) {
    const auto used = app_.get_subcommands();
    return {std::nullopt, kOk, used.empty() ? app_.help() : used.front()->help("coldread")};
  } catch (const CLI::ParseError& error) {
    const auto used = app_.get_subcommands();
    const std::string help = used.empty() ? "coldread --help" : "coldread " + used.front()->get_name() + " --help";
    return {std::nullopt, kUsage, std::string("coldread: ") + error.what() + " (see `" + help + "`)\n"};
  }
  if (version_) return {std::nullopt, kOk, "coldread " + std::string(report::version()) + "\n"};
  if (schema_) return {std::nullopt, kOk, std::string(report::schema())};
  const auto used = app_.get_subcommands();
  if (used.empty()) return {std::nullopt, kUsage, "coldread: a command is missing (see `coldread --help`)\n"};
  a_.command = used.front()->get_name();
  if (!a_.hashes && a_.command == "extract") a_.hashes = {"sha256"};
  if (a_.partition && a_.offset) {
    return {std::nullopt, kUsage, "coldread: --partition and --offset exclude each other; give one of them\n"};
  }
  if (!a_.inline_keys.empty() && a_.sw_secrets.empty()) {
    return {std::nullopt, kUsage,
            "coldread: an --inline-key opens nothing without its --sw-secret, by which policies name it and from which "
            "names are decrypted\n"};
  }
  if (!a_.passphrase_salts.empty() && a_.passphrase_files.empty()) {
    return {std::nullopt, kUsage,
            "coldread: a --passphrase-salt opens nothing without a passphrase: give one with --passphrase-file\n"};
  }
  if (a_.require_signature && a_.certs.empty()) {
    return {std::nullopt, kUsage,
            "coldread: --require-signature needs a --cert: a signature that is not checked proves nothing\n"};
  }
  if (!a_.dump.empty() && a_.paths.size() != 1) {
    return {std::nullopt, kUsage, "coldread: --dump takes exactly one PATH (see `coldread verify --help`)\n"};
  }
  if (reads_of_standard_input(a_) > 1) {
    return {std::nullopt, kUsage, "coldread: standard input (-) can be given for one key, secret or passphrase only\n"};
  }
  if (a_.json && a_.svg == "-") {
    return {std::nullopt, kUsage, "coldread: --json and --svg - exclude each other; draw into a file\n"};
  }
  if (a_.command == "decrypt" && a_.image.empty() && !a_.names) {
    return {std::nullopt, kUsage, "coldread: FILE is required (see `coldread decrypt --help`)\n"};
  }
  if (a_.paths.size() > 1 && !(a_.out_merkle_tree.empty() && a_.out_descriptor.empty())) {
    return {std::nullopt, kUsage, "coldread: --out-merkle-tree and --out-descriptor are of one FILE; give no more\n"};
  }
  if (a_.jobs == 0) a_.jobs = std::max(1U, std::thread::hardware_concurrency());
  return {std::move(a_), kOk, ""};
}

}  // namespace

Parsed parse(const std::vector<std::string>& line) { return Parser().parse(line); }

}  // namespace coldread::cli
