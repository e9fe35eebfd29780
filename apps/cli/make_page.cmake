# Writes page.cc: the page of an evaluation as C++ strings.
#   cmake -DPAGE=evaluation.html -DPLOTTING=chart.min.js (or empty) -DOUT=page.cc -P make_page.cmake
file(READ "${PAGE}" page)
set(plotting "")
if(PLOTTING)
  file(READ "${PLOTTING}" plotting)
endif()
string(REPLACE "/*PLOTTING*/" "${plotting}" page "${page}")
string(FIND "${page}" "/*DATA*/" at)
string(SUBSTRING "${page}" 0 ${at} before)
math(EXPR at "${at} + 8")
string(SUBSTRING "${page}" ${at} -1 after)
file(WRITE "${OUT}" "#include \"cli/page.h\"\n\nnamespace veil::cli {\n
const std::string_view kPageBeforeData = R\"VEIL(")
file(APPEND "${OUT}" "${before}")
file(APPEND "${OUT}" ")VEIL\";\nconst std::string_view kPageAfterData = R\"VEIL(")
file(APPEND "${OUT}" "${after}")
file(APPEND "${OUT}" ")VEIL\";\n\n}  // namespace veil::cli\n")
