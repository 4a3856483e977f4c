#include <algorithm>
#include <array>
#include <bitset>

#include "core/base/text.hpp"
#include "core/report/block_map.hpp"
#include "core/report/block_map_layout.hpp"
#include "core/report/block_map_looks.hpp"
#include "core/report/xml_text.hpp"

namespace coldread::report {
namespace {

constexpr std::string_view kText = "#1a1a1a";
constexpr std::uint64_t kMargin = 14;
constexpr std::uint64_t kLine = 18;   ///< from one line of text to the next
constexpr std::uint64_t kSmall = 12;  ///< cells below that have thinner edges, and flags
constexpr std::string_view kFlag = "l7 -3v6z";
constexpr std::uint64_t kSwatch = 16;  ///< a legend's cell

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
  void flags();
  void legend();
  void legend_entry(std::string_view words, const std::string& sample);
  void legend_cell(std::size_t index, bool encrypted, bool verified, std::string_view words);
  [[nodiscard]] bool alike(std::size_t before, std::size_t next) const;
  [[nodiscard]] std::string tooltip(std::size_t first, std::size_t last) const;
  [[nodiscard]] std::uint64_t side() const { return at_.cell - 1; }

  const BlockMap& map_;
  MapLayout at_;
  const std::vector<std::string>& title_;
  std::string out_;
  std::uint64_t y_ = kMargin;  ///< where what comes next begins
  std::uint64_t legend_x_ = kMargin;
  std::array<Layer, kBlockLookCount> layers_;
  BlockMarks marks_;
  std::bitset<kBlockLookCount> seen_;
  bool page_failed_ = false;
  bool flagged_ = false;
};

void Drawing::text(std::uint64_t x, std::uint64_t y, std::string_view words, std::string_view more) {
  out_ += "<text x=\"" + svg_int(x) + "\" y=\"" + svg_int(y) + "\"" + std::string(more) + ">" + xml_markup(words) +
          "</text>\n";
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
         svg_int(row * at_.columns * map_.cell_size()),
         " text-anchor=\"end\" font-family=\"monospace\" font-size=\"11\"");
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
  std::string words = first_block == last_block ? "block " + svg_int(first_block)
                                                : "blocks " + svg_int(first_block) + " to " + svg_int(last_block);
  words += " (bytes " + svg_int(begin) + " to " + svg_int(end - 1) + "): " + std::string(to_string(cell.kind));
  if (cell.image_offset) words += " at byte " + svg_int(*cell.image_offset) + " of the image";
  if (!cell.place.empty()) words += " " + cell.place;
  if (cell.encrypted) words += ", encrypted";
  if (cell.verified && !cell.failed && !cell.refused) words += ", verified";
  if (!cell.failed && !cell.refused) return words;
  words += cell.failed ? ". FAILED" : ". Proven, but a kernel refuses it";
  if (map_.blocks_per_cell() > 1) words += ", first at block " + svg_int(cell.fault_offset / block);
  return words + (cell.reason.empty() ? "" : ": " + cell.reason);
}

void Drawing::run(std::size_t first, std::size_t last) {
  const BlockCell& cell = map_.cells()[first];
  const std::size_t look = look_of(cell);
  Layer& layer = layers_.at(look);
  seen_.set(look);
  layer.cells += "<path d=\"";
  BlockMarks marks;
  for (std::size_t i = first; i <= last; ++i) {
    const std::uint64_t x = at_.x(i);
    const std::uint64_t y = y_ + at_.y(i);
    layer.cells += "M" + svg_int(x) + " " + svg_int(y) + "h" + svg_int(side()) + "v" + svg_int(side()) + "h-" +
                   svg_int(side()) + "z";
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
  const std::string thick = svg_tenths(std::max<std::uint64_t>(10, side() * 10 / 8));
  const bool small = at_.cell < kSmall;
  for (std::size_t i = 0; i < kBlockLooks.size(); ++i) {
    const BlockLook& look = kBlockLooks.at(i);
    if (layers_.at(i).cells.empty()) continue;
    out_ += "<g class=\"cells-" + std::string(look.name) + "\" fill=\"" + std::string(look.fill) + "\" stroke=\"" +
            std::string(small ? look.small_edge : look.edge) + "\" shape-rendering=\"crispEdges\">\n" +
            layers_.at(i).cells + "</g>\n";
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
    (bad ? refused : whole) += "M" + svg_int(at_.x(first) - 2) + " " + svg_int(y_ + at_.y(first) - 2) + "h" +
                               svg_int(wide) + "v" + svg_int(at_.cell + 3) + "h-" + svg_int(wide) + "z";
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

// A small cell is easily overlooked: its row says that there is one.
void Drawing::flags() {
  if (at_.cell >= kSmall) return;
  std::string d;
  const auto& cells = map_.cells();
  for (std::size_t first = 0; first < cells.size(); first += at_.columns) {
    const auto begin = cells.begin() + static_cast<std::ptrdiff_t>(first);
    const auto count = static_cast<std::ptrdiff_t>(std::min<std::size_t>(at_.columns, cells.size() - first));
    if (std::none_of(begin, begin + count, [](const BlockCell& c) { return c.failed || c.refused; })) continue;
    d += "M" + svg_int(at_.x(first + at_.columns - 1) + at_.cell + 4) + " " +
         svg_int(y_ + at_.y(first) + at_.cell / 2) + std::string(kFlag);
  }
  flagged_ = !d.empty();
  if (flagged_) out_ += "<path class=\"flags\" fill=\"#6e0a00\" d=\"" + d + "\"/>\n";
}

void Drawing::legend_entry(std::string_view words, const std::string& sample) {
  const std::uint64_t wide = kSwatch + 8 + width_of(words) + 18;
  if (legend_x_ > kMargin && legend_x_ + wide > at_.width) {
    legend_x_ = kMargin;
    y_ += kSwatch + 8;
  }
  out_ += "<g transform=\"translate(" + svg_int(legend_x_) + " " + svg_int(y_) + ")\">" + sample + "<text x=\"" +
          svg_int(kSwatch + 7) + "\" y=\"" + svg_int(kSwatch - 4) + "\">" + xml_text(words) + "</text></g>\n";
  legend_x_ += wide;
}

void Drawing::legend_cell(std::size_t index, bool encrypted, bool verified, std::string_view words) {
  const BlockLook& look = kBlockLooks.at(index);
  BlockMarks marks;
  marks.add(0, 0, kSwatch, index, encrypted, verified);
  const std::string side = svg_int(kSwatch);
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
    return "<rect width=\"" + svg_int(kSwatch) + "\" height=\"" + svg_int(kSwatch) + "\" fill=\"none\" " +
           std::string(style) + "/>";
  };
  const auto plain = static_cast<std::size_t>(BlockKind::kUntold);
  for (std::size_t i = 0; i < kBlockLooks.size(); ++i) {
    if (seen_.test(i)) legend_cell(i, false, false, kBlockLooks.at(i).legend);
  }
  if (!marks_.encrypted.empty()) legend_cell(plain, true, false, "encrypted");
  if (!marks_.verified.empty()) legend_cell(plain, false, true, "verified by fs-verity");
  if (at_.cells_per_page != 0) legend_entry("page", frame("stroke=\"#8c8c8c\""));
  if (page_failed_) legend_entry("page that a kernel refuses (EIO)", frame("stroke=\"#000000\" stroke-width=\"2\""));
  if (flagged_)
    legend_entry("row in which something is wrong", "<path fill=\"#6e0a00\" d=\"M3 8" + std::string(kFlag) + "\"/>");

  y_ += kSwatch + 8;
  const std::uint64_t blocks = map_.blocks_per_cell();
  const std::uint64_t page = map_.page_size();
  std::string words = blocks == 1
                          ? "A cell is a block of " + svg_int(map_.block_size()) + " bytes"
                          : "A cell is " + svg_int(blocks) + " blocks of " + svg_int(map_.block_size()) + " bytes";
  if (page == map_.cell_size()) {
    words += ", and a page.";
  } else if (page < map_.cell_size()) {
    words += ", " + svg_int(map_.cell_size() / page) + " pages of " + svg_int(page) + ".";
  } else {
    words += ", a page is " + svg_int(page) + " bytes.";
  }
  text(kMargin, y_ + 12, words);
  y_ += kLine;
  if (blocks > 1) {
    text(kMargin, y_ + 12, "It shows what is wrong with any of its blocks, or else data where any of them has some.");
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
    flags();
    y_ += at_.height() + 14;
    legend();
  }
  const std::string width = svg_int(at_.width);
  const std::string height = svg_int(y_ + kMargin);
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
