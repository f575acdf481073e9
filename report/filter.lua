-- Builds the document from parts.json, for Typst: links, citations, alt texts.
-- Every text, output and caption is parsed alone, so nothing in one can spill into the next.

-- What an output may contain: no raw HTML, TeX or Typst, no attributes.
local READER = 'markdown_strict-raw_html+pipe_tables+tex_math_dollars+backtick_code_blocks'
  .. '+fenced_code_blocks+all_symbols_escapable+intraword_underscores+strikeout+smart'
  .. '+lists_without_preceding_blankline+startnum+space_in_atx_header'
local CAPTIONS = '+table_captions+table_attributes' -- : Caption. {#tbl-x}
local KINDS = {fig = true, tbl = true, txt = true, eq = true} -- so begin the labels of what isn't a heading

local chapter, in_appendix = '', nil -- where we are in the document; 'Appendix B'
local WORDS, NUMBER = 'words', 'number' -- a reference has the link's own words, or Typst's number
local figure_width = '92%' -- of the page, where it isn't narrower by itself
local labels = {} -- label -> what a reference to it has: one of these, or 'Appendix B'

local function raw(text) return pandoc.RawInline('typst', text) end
local function quoted(text) return '"' .. text:gsub('[\\"]', '\\%0') .. '"' end

-- The text without colours, links and commands of a terminal, and without control characters.
local function clean(text)
  text = text:gsub('\27%[[0-?]*[ -/]*[@-~]', ''):gsub('\27%][^\7\27\n]*[\7\27]\\?', '')
  return (text:gsub('[\0-\8\11-\31\127]', '\u{fffd}'):gsub('\xc2[\x80-\x9f]', '\u{fffd}'))
end

-- The caption of a figure or table in one paragraph.
local function caption(blocks)
  return {pandoc.Plain(pandoc.utils.blocks_to_inlines(blocks))}
end

-- What Typst makes of some blocks, in brackets.
local function typst(blocks)
  return '[' .. pandoc.write(pandoc.Pandoc(blocks), 'typst'):gsub('%s+$', '') .. ']'
end

-- A table without a label, in the report of a run: its header says what the numbers below are.
local function numbers(tbl)
  local strip = {}
  local below = tbl.bodies[1].body[1].cells
  for k, cell in ipairs(tbl.head.rows[1].cells) do
    table.insert(strip, '(' .. typst(cell.contents) .. ', ' .. typst(below[k].contents) .. ')')
  end
  return pandoc.RawBlock('typst', '#numbers(' .. table.concat(strip, ', ') .. ')')
end

local function Table(tbl)
  local label = tbl.identifier
  if label == '' then return numbers(tbl) end
  labels[label] = NUMBER
  tbl.attr = {label}
  tbl.caption = {long = caption(tbl.caption.long)}
  return tbl
end

-- $$ ... \label{eq-x} $$ is a labelled equation. Its TeX is the alt text.
local function Math(math)
  local label = math.text:match('\\label%s*{(eq%-[%w._-]+)}')
  local tex = math.text:gsub('\\label%s*{eq%-[^}]*}', ''):gsub('%s+', ' ')
  math.text = tex:match('^ ?(.-) ?$')
  local typst = pandoc.write(pandoc.Pandoc{pandoc.Plain(math)}, 'typst'):gsub('%s+$', '')
  if not typst:match('^%$') then error('This TeX is not known here: ' .. math.text, 0) end
  local display = math.mathtype == 'DisplayMath'
  local mark = ';'
  if display and label then
    labels[label] = NUMBER
    mark = ' <' .. label .. '>'
  end
  local call = '#math.equation(block: %s, alt: %s, %s.body)%s'
  return raw(call:format(display, quoted(math.text), typst, mark))
end

-- JupyterLab links to a heading as #The-words-of-it; here it is sec-notebook-The-words-of-it.
local function section(words)
  return 'sec-' .. chapter:gsub('^%d+%-', '') .. '-' .. words:gsub('%W+', '-')
end

-- A reference names a section by its number, an appendix by its letter, others by the link's words.
local function Header(header)
  local words = pandoc.utils.stringify(header)
  header.identifier = section(words)
  labels[header.identifier] = WORDS
  if header.level == 1 then
    in_appendix = words:match('^Appendix %a') or in_appendix
    labels[header.identifier] = in_appendix or NUMBER
  end
  header.classes = {in_appendix and 'unnumbered' or nil}
  return header
end

-- A link to a heading becomes one to its label.
local function Link(link)
  local words = link.target:match('^#(.+)$')
  if not words or KINDS[words:match('^%a*')] then return nil end
  link.target = '#' .. section(words)
  return link
end

local function parse(text, extensions)
  -- So many columns that no table counts as wide: Typst finds the widths itself.
  local wide = pandoc.ReaderOptions{columns = 100000}
  local document = pandoc.read(clean(text), READER .. (extensions or ''), wide)
  local filter = {Link = Link, Header = Header, Table = Table}
  function filter.Image(image) return image.caption end -- pictures come from show_figure
  return document.blocks:walk(filter):walk{Math = Math}
end

local function figure(svg, about)
  local path, alt = 'figures/' .. about.label .. '.svg', clean(about.alt)
  local file <close> = io.open(path, 'w')
  file:write(svg)
  local width = tonumber(svg:match('<svg[^>]-%swidth="([%d.]+)pt"')) or 440
  local shown = width < 440 and width .. 'pt' or figure_width
  local call = '#image("%s", width: %s, alt: %s)' -- pandoc's own call drops the alt text
  local image = raw(call:format(path, shown, quoted(alt)))
  labels[about.label] = NUMBER
  local words = caption(parse(about.caption))
  return pandoc.Figure(pandoc.Plain(image), words, {id = about.label})
end

-- A text that a network wrote. Texts are numbered apart from figures: Text 1.
local function verse(text, about)
  labels[about.label] = NUMBER
  local call = '#figure(verse(%s), kind: "verse", supplement: "Text", caption: %s) <%s>'
  local words = typst(caption(parse(about.caption)))
  return pandoc.RawBlock('typst', call:format(quoted(clean(text)), words, about.label))
end

-- What a notebook or the evidence shows: a figure, a table, or a text that a network wrote.
local function output_blocks(output)
  local data = output.data
  for kind, about in pairs(output.metadata) do
    if about.label and kind == 'image/svg+xml' then return {figure(data[kind], about)} end
    if about.label and kind == 'text/plain' then return {verse(data[kind], about)} end
    if about.label and kind == 'text/markdown' then
      local line = '\n\n: ' .. about.caption:gsub('%s+', ' ') .. ' {#' .. about.label .. '}'
      return parse(data[kind] .. line, CAPTIONS)
    end
  end
end

local function part_blocks(part)
  if part.output then return output_blocks(part.output) end
  if part.contents then return {pandoc.RawBlock('typst', '#contents()')} end
  local blocks = parse(part.markdown, CAPTIONS)
  for k = 2, #blocks do -- in the report of a run, the paragraph above a strip of numbers
    if blocks[k].t == 'RawBlock' then blocks[k - 1] = pandoc.Div(blocks[k - 1], {id = 'answer'}) end
  end
  return chapter == 'abstract' and {pandoc.Div(blocks, {id = chapter})} or blocks
end

-- [text](#fig-x) and [it](#The-text) refer to a place, [Graves, 2013](address) cites a work.
-- A link that leads nowhere is an error if `strict`, else it becomes its words. So does a link to
-- a file, except for the page beside the document.
local function reference(link, works, strict)
  local label, text = link.target:match('^#(.*)$'), pandoc.utils.stringify(link)
  if label then
    local name = labels[label]
    if name == NUMBER then return raw('#ref(<' .. label .. '>)') end
    if name == WORDS then return nil end
    if name then return pandoc.Link(name, link.target) end
    if strict then error('The link to ' .. label .. ' leads nowhere.', 0) end
    return link.content
  end
  local work = works[link.target:gsub('/$', '')]
  if not work then
    local safe = link.target:match('^https?://') or link.target:match('^explorer%.html')
    return not safe and link.content or nil
  end
  local mode = text:match('%d%d%d%d%)$') and 'AuthorInText' or 'NormalCitation'
  local cite = pandoc.Cite({}, {pandoc.Citation(work, mode)})
  if mode == 'AuthorInText' then return cite end
  if text:match('%d%d%d%d$') or text:match('n%.d%.$') then return pandoc.Span(cite, {class = 'bare'}) end
  return link.content .. {pandoc.Space(), cite}
end

-- [Graves, 2013] has parentheses round it in the text, or needs none.
local function bare(span)
  local function strip(str) return pandoc.Str((str.text:gsub('^%(', ''):gsub('%)$', ''))) end
  return span.classes:includes 'bare' and span.content:walk{Str = strip} or nil
end

function Pandoc(document)
  local file <close> = io.open('parts.json', 'rb')
  local input = pandoc.json.decode(file:read 'a', false)
  if not input.strict then figure_width = '80%' end -- in the report of a run, they go with sections
  for _, part in ipairs(input.parts) do
    chapter = part.chapter
    document.blocks:extend(part_blocks(part))
  end
  local function refer(link) return reference(link, input.works, input.strict) end
  return pandoc.utils.citeproc(document:walk{Link = refer}):walk{Span = bare}
end
