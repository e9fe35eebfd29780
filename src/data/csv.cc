#include "data/csv.h"

#include <csv.h>

#include <algorithm>
#include <memory>
#include <set>

#include "graph/text.h"

namespace veil {

// Receives the cells from the parser in C.
class CsvBuilder {
 public:
  CsvBuilder(CsvTable& table, const std::string& where) : table_(table), where_(where) {}

  static void on_cell(void* text, std::size_t size_bytes, void* self) {
    static_cast<CsvBuilder*>(self)->add_cell({static_cast<const char*>(text), size_bytes});
  }
  static void on_row(int, void* self) { static_cast<CsvBuilder*>(self)->end_row(); }

  Status status() const { return error_ ? Status(*error_) : Status(Done{}); }

 private:
  void add_cell(std::string_view text) {
    if (error_) return;
    if (!has_header_) {
      table_.header_.emplace_back(text);
      return;
    }
    table_.text_ += text;
    table_.cells_.push_back(table_.text_.size());
  }

  void end_row() {
    if (!has_header_) {
      has_header_ = true;
      return;
    }
    ++row_;
    const std::size_t width = table_.header_.size();
    if (error_ || table_.cells_.size() == row_ * width) return;
    error_ = Error{where_ + " has " + std::to_string(table_.cells_.size() - (row_ - 1) * width) + " cells in row " +
                   std::to_string(row_) + " below the header, but " + std::to_string(width) + " columns."};
  }

  CsvTable& table_;
  const std::string& where_;
  bool has_header_ = false;
  std::size_t row_ = 0;
  std::optional<Error> error_;
};

namespace {

Status parse(ByteView bytes, const std::string& where, CsvBuilder& builder) {
  csv_parser parser;
  if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0) return Error{where + " cannot be read: no memory."};
  csv_set_blk_size(&parser, 1 << 16);
  const auto free_parser = [](csv_parser* used) { csv_free(used); };
  const std::unique_ptr<csv_parser, decltype(free_parser)> freed(&parser, free_parser);
  const bool parsed = csv_parse(&parser, bytes.data(), bytes.size(), CsvBuilder::on_cell, CsvBuilder::on_row,
                                &builder) == bytes.size() &&
                      csv_fini(&parser, CsvBuilder::on_cell, CsvBuilder::on_row, &builder) == 0;
  if (!parsed)
    return Error{where + " is no CSV table: " + csv_strerror(csv_error(&parser)) + " (a stray double quote?)."};
  return builder.status();
}

ByteView without_byte_order_mark(ByteView bytes) {
  const bool marked = bytes.size() >= 3 && bytes[0] == 0xef && bytes[1] == 0xbb && bytes[2] == 0xbf;
  return marked ? bytes.subspan(3) : bytes;
}

}  // namespace

Status CsvTable::check_header(const std::string& where) const {
  if (header_.empty()) return Error{where + " is empty; it needs a header line and rows."};
  if (header_.size() == 1 && header_[0].find_first_of(";\t") != std::string::npos) {
    return Error{where + " separates its columns by something else than commas; save it with commas."};
  }
  std::set<std::string_view> seen;
  for (const std::string& name : header_) {
    if (!is_utf8(name)) return Error{where + " is not UTF-8 text (column " + quote(name) + "); save it as UTF-8."};
    if (seen.insert(name).second) continue;
    return Error{where + " has two columns called " + quote(name) +
                 "; the first line must be a header of unique names."};
  }
  return Done{};
}

Result<CsvTable> CsvTable::read(ByteView bytes, const std::string& where) {
  bytes = without_byte_order_mark(bytes);
  if (std::find(bytes.begin(), bytes.end(), 0) != bytes.end()) return Error{where + " is not text, so no CSV file."};
  CsvTable table;
  CsvBuilder builder(table, where);
  VEIL_TRY_STATUS(parse(bytes, where, builder));
  VEIL_TRY_STATUS(table.check_header(where));
  return table;
}

std::string_view CsvTable::cell(std::size_t row, std::size_t column) const {
  const std::size_t index = row * header_.size() + column;
  const std::size_t begin = index == 0 ? 0 : cells_[index - 1];
  return std::string_view(text_).substr(begin, cells_[index] - begin);
}

std::optional<std::size_t> CsvTable::column(std::string_view name) const {
  const auto found = std::find(header_.begin(), header_.end(), name);
  if (found == header_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - header_.begin());
}

}  // namespace veil
