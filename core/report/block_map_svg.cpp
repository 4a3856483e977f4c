#include <algorithm>
#include <array>
#include <bitset>
#include <span>

#include "core/base/text.hpp"
#include "core/report/block_map.hpp"
#include "core/report/block_map_layout.hpp"
#include "core/report/xml_text.hpp"

namespace coldread::report {
namespace {

/// A line within a cell, in twelfths of its side.
struct Line {
  int x1, y1, x2, y2;
};

constexpr std::array<Line, 1> kSlash{{{2, 10, 10, 2}}};
constexpr std::array<Line, 1> kBackslash{{{1, 1, 11, 11}}};
constexpr std::array<Line, 2> kCross{{{2, 2, 10, 10}, {10, 2, 2, 10}}};
constexpr std::array<Line, 2> kPlus{{{6, 3, 6, 9}, {3, 6, 9, 6}}};
constexpr std::array<Line, 2> kBars{{{4, 5, 9, 5}, {4, 8, 9, 8}}};

/// How a cell looks. The colours are near those that Okabe and Ito chose for the colour-blind, and light but for what
/// failed, which is the darkest in greyscale too. What is alike in grey has a shape of its own.
struct Look {
  std::string_view name;
  std::string_view fill;
  std::string_view edge;
  std::string_view ink;  ///< of the shape
  std::span<const Line> shape;
  std::string_view legend;
};

constexpr std::size_t kFailed = 6;
constexpr std::size_t kRefused = 7;

/// By BlockKind; then what is wrong, whatever the kind.
constexpr std::array<Look, 8> kLooks{{
    {"untold", "#ddd5c8", "#8a8478", "#333333", {}, "data"},
    {"hole", "#ffffff", "#b4b4b4", "#333333", {}, "hole (zeros)"},
    {"unwritten", "#ededed", "#a0a0a0", "#6a6a6a", kSlash, "unwritten (zeros)"},
    {"inline", "#f2e45c", "#a89a20", "#333333", kPlus, "inline, in metadata"},
    {"stored", "#8fc9ee", "#5a9cc8", "#333333", {}, "stored"},
    {"compressed", "#52bfa0", "#2c8a70", "#0c3a2c", kBars, "compressed"},
    {"failed", "#6e0a00", "#000000", "#ffffff", kCross, "failed"},
    {"refused", "#f0a03c", "#000000", "#000000", kBackslash, "proven, but a kernel refuses it"},
}};

constexpr std::string_view kText = "#1a1a1a";
constexpr std::uint64_t kMargin = 14;
constexpr std::uint64_t kLine = 18;    ///< from one line of text to the next
constexpr std::uint64_t kSwatch = 16;  ///< a legend's cell

std::string num(std::uint64_t n) { return std::to_string(n); }

std::string tenths(std::uint64_t n) { return num(n / 10) + (n % 10 == 0 ? "" : "." + num(n % 10)); }

std::size_t look_of(const BlockCell& cell) {
  if (cell.failed) return kFailed;
  return cell.refused ? kRefused : static_cast<std::size_t>(cell.kind);
}

/// About how wide a text is, in pixels: what is not ASCII may be twice as wide.
std::uint64_t width_of(std::string_view utf8) {
  std::uint64_t width = 0;
  for (const char c : utf8) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (byte < 0x80 || byte >= 0xc0) width += byte < 0x80 ? 7U : 14U;
  }
  return width;
}

/// The text's end, where all of it is too wide: of a path that tells more than its beginning.
std::string fitted(std::string_view bytes, std::uint64_t room) {
  std::string text = escape_for_terminal(bytes);
  if (width_of(text) <= room) return text;
  std::size_t from = 0;
  while (from < text.size() && width_of(std::string_view(text).substr(from)) + 14 > room) {
    // Long texts go by bounds first: a byte is never wider than 14.
    const std::uint64_t over = width_of(std::string_view(text).substr(from)) + 14 - room;
    from += std::max<std::uint64_t>(over / 14, 1);
    while (from < text.size() && (static_cast<std::uint8_t>(text[from]) & 0xc0U) == 0x80U) ++from;
  }
  return "…" + text.substr(from);
}

/// The `<path>` data of marks on a cell at (x, y), `side` wide.
struct Marks {
  std::string shape, encrypted, verified;

  void add(std::uint64_t x, std::uint64_t y, std::uint64_t side, std::size_t look, bool is_encrypted,
           bool is_verified) {
    const auto at = [side](std::uint64_t base, int twelfths) {
      return tenths(base * 10 + side * static_cast<std::uint64_t>(twelfths) * 10 / 12);
    };
    for (const Line& line : kLooks.at(look).shape) {
      shape += "M" + at(x, line.x1) + " " + at(y, line.y1) + "L" + at(x, line.x2) + " " + at(y, line.y2);
    }
    if (is_encrypted) {
      const std::string leg = num(std::max<std::uint64_t>(3, side * 5 / 12));
      encrypted += "M" + num(x) + " " + num(y) + "h" + leg + "l-" + leg + " " + leg + "z";
    }
    if (is_verified) {
      const std::uint64_t high = std::max<std::uint64_t>(2, side / 6);
      verified +=
          "M" + num(x) + " " + num(y + side - high) + "h" + num(side) + "v" + num(high) + "h-" + num(side) + "z";
    }
  }
};

class Drawing {
 public:
  Drawing(const BlockMap& map, std::uint32_t width, const std::vector<std::string>& title)
      : map_(map), at_(map, width), title_(title) {}

  std::string draw();

 private:
  struct Layer {
    std::string cells;  ///< a <path> a run
    std::string shapes;
  };

  void text(std::uint64_t x, std::uint64_t y, std::string_view words, std::string_view more = {});
  void head();
  void offsets();
  void run(std::size_t first, std::size_t last);
  void cells();
  void layers();
  void pages();
  void legend();
  void legend_entry(std::string_view words, const std::string& sample);
  void legend_cell(std::size_t look, bool encrypted, bool verified, std::string_view words);
  [[nodiscard]] bool alike(std::size_t before, std::size_t next) const;
  [[nodiscard]] std::string tooltip(std::size_t first, std::size_t last) const;
  [[nodiscard]] std::uint64_t side() const { return at_.cell - 1; }

  const BlockMap& map_;
  MapLayout at_;
  const std::vector<std::string>& title_;
  std::string out_;
  std::uint64_t y_ = kMargin;  ///< where what comes next begins
  std::uint64_t legend_x_ = kMargin;
  std::array<Layer, kLooks.size()> layers_;
  Marks marks_;
  std::bitset<kLooks.size()> seen_;
  bool page_failed_ = false;
};

void Drawing::text(std::uint64_t x, std::uint64_t y, std::string_view words, std::string_view more) {
  out_ += "<text x=\"" + num(x) + "\" y=\"" + num(y) + "\"" + std::string(more) + ">" + xml_markup(words) + "</text>\n";
}

void Drawing::head() {
  for (const std::string& line : title_) {
    const bool first = &line == title_.data();
    const std::string shown = fitted(line, (at_.width - 2 * kMargin) * (first ? 7U : 10U) / 10U);
    y_ += kLine;
    text(kMargin, y_ - 4, shown, first ? " font-size=\"15\" font-weight=\"bold\"" : "");
  }
  y_ += title_.empty() ? 0U : 10U;
}

void Drawing::offsets() {
  for (std::uint64_t row = 0; row < at_.rows; row += at_.label_every()) {
    text(at_.left - 8, y_ + row * (at_.cell + at_.gap) + std::max<std::uint64_t>(at_.cell / 2 + 4, 9),
         num(row * at_.columns * map_.cell_size()), " text-anchor=\"end\" font-family=\"monospace\" font-size=\"11\"");
  }
}

bool Drawing::alike(std::size_t before, std::size_t next) const {
  const BlockCell& a = map_.cells()[before];
  const BlockCell& b = map_.cells()[next];
  if (next % at_.columns == 0 || a.failed || b.failed || a.refused || b.refused) return false;
  if (a.kind != b.kind || a.encrypted != b.encrypted || a.verified != b.verified || a.place != b.place) return false;
  return a.image_offset.has_value() == b.image_offset.has_value() &&
         (!a.image_offset || *a.image_offset + map_.cell_size() == *b.image_offset);
}

std::string Drawing::tooltip(std::size_t first, std::size_t last) const {
  const BlockCell& cell = map_.cells()[first];
  const std::uint64_t begin = first * map_.cell_size();
  const std::uint64_t end = last + 1 == map_.cells().size() ? map_.size() : (last + 1) * map_.cell_size();
  const std::uint64_t block = map_.block_size();
  const std::uint64_t first_block = begin / block;
  const std::uint64_t last_block = (end - 1) / block;
  std::string words =
      first_block == last_block ? "block " + num(first_block) : "blocks " + num(first_block) + " to " + num(last_block);
  words += " (bytes " + num(begin) + " to " + num(end - 1) + "): " + std::string(to_string(cell.kind));
  if (cell.image_offset) words += " at byte " + num(*cell.image_offset) + " of the image";
  if (!cell.place.empty()) words += " " + cell.place;
  if (cell.encrypted) words += ", encrypted";
  if (cell.verified && !cell.failed && !cell.refused) words += ", verified";
  if (!cell.failed && !cell.refused) return words;
  words += cell.failed ? ". FAILED" : ". Proven, but a kernel refuses it";
  if (map_.blocks_per_cell() > 1) words += ", first at block " + num(cell.fault_offset / block);
  return words + (cell.reason.empty() ? "" : ": " + cell.reason);
}

void Drawing::run(std::size_t first, std::size_t last) {
  const BlockCell& cell = map_.cells()[first];
  const std::size_t look = look_of(cell);
  Layer& layer = layers_.at(look);
  seen_.set(look);
  layer.cells += "<path d=\"";
  Marks marks;
  for (std::size_t i = first; i <= last; ++i) {
    const std::uint64_t x = at_.x(i);
    const std::uint64_t y = y_ + at_.y(i);
    layer.cells += "M" + num(x) + " " + num(y) + "h" + num(side()) + "v" + num(side()) + "h-" + num(side()) + "z";
    const bool wrong = look == kFailed || look == kRefused;
    marks.add(x, y, side(), look, cell.encrypted && !wrong, cell.verified && !wrong);
  }
  layer.cells += "\"><title>" + xml_text(tooltip(first, last)) + "</title></path>\n";
  layer.shapes += marks.shape;
  marks_.encrypted += marks.encrypted;
  marks_.verified += marks.verified;
}

void Drawing::cells() {
  for (std::size_t first = 0; first < map_.cells().size();) {
    std::size_t last = first;
    while (last + 1 < map_.cells().size() && alike(last, last + 1)) ++last;
    run(first, last);
    first = last + 1;
  }
}

void Drawing::layers() {
  const std::string thick = tenths(std::max<std::uint64_t>(10, side() * 10 / 8));
  for (std::size_t i = 0; i < kLooks.size(); ++i) {
    const Look& look = kLooks.at(i);
    if (layers_.at(i).cells.empty()) continue;
    out_ += "<g class=\"cells-" + std::string(look.name) + "\" fill=\"" + std::string(look.fill) + "\" stroke=\"" +
            std::string(look.edge) + "\" shape-rendering=\"crispEdges\">\n" + layers_.at(i).cells + "</g>\n";
    if (layers_.at(i).shapes.empty()) continue;
    out_ += "<path fill=\"none\" stroke=\"" + std::string(look.ink) + "\" stroke-width=\"" + thick +
            "\" pointer-events=\"none\" d=\"" + layers_.at(i).shapes + "\"/>\n";
  }
  for (const std::string* mark : {&marks_.encrypted, &marks_.verified}) {
    if (!mark->empty()) out_ += "<path fill=\"#1c2340\" pointer-events=\"none\" d=\"" + *mark + "\"/>\n";
  }
}

void Drawing::pages() {
  if (at_.cells_per_page == 0) return;
  std::string whole;
  std::string refused;
  const auto& cells = map_.cells();
  for (std::size_t first = 0; first < cells.size(); first += at_.cells_per_page) {
    const auto begin = cells.begin() + static_cast<std::ptrdiff_t>(first);
    const auto count = static_cast<std::ptrdiff_t>(std::min<std::size_t>(at_.cells_per_page, cells.size() - first));
    const bool bad = std::any_of(begin, begin + count, [](const BlockCell& c) { return c.failed || c.refused; });
    const std::uint64_t wide = at_.cells_per_page * at_.cell + 3;
    (bad ? refused : whole) += "M" + num(at_.x(first) - 2) + " " + num(y_ + at_.y(first) - 2) + "h" + num(wide) + "v" +
                               num(at_.cell + 3) + "h-" + num(wide) + "z";
  }
  const auto outline = [&](const std::string& d, std::string_view name, std::string_view style) {
    if (d.empty()) return;
    out_ += "<path class=\"" + std::string(name) + "\" fill=\"none\" pointer-events=\"none\" " + std::string(style) +
            " shape-rendering=\"crispEdges\" d=\"" + d + "\"/>\n";
  };
  outline(whole, "pages", "stroke=\"#8c8c8c\"");
  outline(refused, "pages-refused", "stroke=\"#000000\" stroke-width=\"2\"");
  page_failed_ = !refused.empty();
}

void Drawing::legend_entry(std::string_view words, const std::string& sample) {
  const std::uint64_t wide = kSwatch + 8 + width_of(words) + 18;
  if (legend_x_ > kMargin && legend_x_ + wide > at_.width) {
    legend_x_ = kMargin;
    y_ += kSwatch + 8;
  }
  out_ += "<g transform=\"translate(" + num(legend_x_) + " " + num(y_) + ")\">" + sample + "<text x=\"" +
          num(kSwatch + 7) + "\" y=\"" + num(kSwatch - 4) + "\">" + xml_text(words) + "</text></g>\n";
  legend_x_ += wide;
}

void Drawing::legend_cell(std::size_t index, bool encrypted, bool verified, std::string_view words) {
  const Look& look = kLooks.at(index);
  Marks marks;
  marks.add(0, 0, kSwatch, index, encrypted, verified);
  const std::string side = num(kSwatch);
  std::string sample = "<rect width=\"" + side + "\" height=\"" + side + "\" fill=\"" + std::string(look.fill) +
                       "\" stroke=\"" + std::string(look.edge) + "\"/>";
  if (!marks.shape.empty()) {
    sample +=
        "<path fill=\"none\" stroke=\"" + std::string(look.ink) + "\" stroke-width=\"2\" d=\"" + marks.shape + "\"/>";
  }
  const std::string corner = marks.encrypted + marks.verified;
  if (!corner.empty()) sample += "<path fill=\"#1c2340\" d=\"" + corner + "\"/>";
  legend_entry(words, sample);
}

void Drawing::legend() {
  const auto frame = [](std::string_view style) {
    return "<rect width=\"" + num(kSwatch) + "\" height=\"" + num(kSwatch) + "\" fill=\"none\" " + std::string(style) +
           "/>";
  };
  const auto plain = static_cast<std::size_t>(BlockKind::kUntold);
  for (std::size_t i = 0; i < kLooks.size(); ++i) {
    if (seen_.test(i)) legend_cell(i, false, false, kLooks.at(i).legend);
  }
  if (!marks_.encrypted.empty()) legend_cell(plain, true, false, "encrypted");
  if (!marks_.verified.empty()) legend_cell(plain, false, true, "verified by fs-verity");
  if (at_.cells_per_page != 0) legend_entry("page", frame("stroke=\"#8c8c8c\""));
  if (page_failed_) legend_entry("page that a kernel refuses (EIO)", frame("stroke=\"#000000\" stroke-width=\"2\""));

  y_ += kSwatch + 8;
  const std::uint64_t blocks = map_.blocks_per_cell();
  const std::uint64_t page = map_.page_size();
  std::string words = blocks == 1 ? "A cell is a block of " + num(map_.block_size()) + " bytes"
                                  : "A cell is " + num(blocks) + " blocks of " + num(map_.block_size()) + " bytes";
  if (page == map_.cell_size()) {
    words += ", and a page.";
  } else if (page < map_.cell_size()) {
    words += ", " + num(map_.cell_size() / page) + " pages of " + num(page) + ".";
  } else {
    words += ", a page is " + num(page) + " bytes.";
  }
  text(kMargin, y_ + 12, words);
  y_ += kLine;
  if (blocks > 1) {
    text(kMargin, y_ + 12, "It shows what is wrong with any of its blocks, or else that any of them is stored.");
    y_ += kLine;
  }
}

std::string Drawing::draw() {
  head();
  if (map_.cells().empty()) {
    text(kMargin, y_ + 12, "The file is empty: it has no blocks.");
    y_ += kLine;
  } else {
    offsets();
    cells();
    layers();
    pages();
    y_ += at_.height() + 14;
    legend();
  }
  const std::string width = num(at_.width);
  const std::string height = num(y_ + kMargin);
  std::string begin = "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"" + width + "\" height=\"" +
                      height + "\" viewBox=\"0 0 " + width + " " + height +
                      "\" font-family=\"sans-serif\" font-size=\"12\" fill=\"" + std::string(kText) + "\">\n";
  if (!title_.empty()) begin += "<title>" + xml_text(title_.front()) + "</title>\n";
  return begin + "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n" + out_ + "</svg>\n";
}

}  // namespace

std::string to_svg(const BlockMap& map, std::uint32_t width, const std::vector<std::string>& title) {
  return Drawing(map, width, title).draw();
}

}  // namespace coldread::report
