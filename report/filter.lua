-- Builds the document from cells.json, for Typst or HTML: numbers, links, citations, alt texts.
-- Every cell, output and caption is parsed alone, so nothing in one can spill into the next.

-- What an output may contain: no raw HTML, TeX or Typst, no attributes (onclick is one).
local READER = 'markdown_strict-raw_html+pipe_tables+tex_math_dollars+backtick_code_blocks'
  .. '+fenced_code_blocks+all_symbols_escapable+intraword_underscores+strikeout+smart'
  .. '+lists_without_preceding_blankline+startnum+space_in_atx_header'
local CAPTIONS = '+table_captions+table_attributes' -- : Caption. {#tbl-x}
local FOLDS = '+raw_html+markdown_in_html_blocks' -- <details><summary>Hint</summary>, in cells only
local KINDS = {fig = 'Figure', tbl = 'Table', eq = 'Equation'}
local TYPST = FORMAT == 'typst'

local report, chapter = true, '' -- one document or a page; where we are in it
local sections, in_appendix = 0, nil -- how many there are so far; 'Appendix B'
local counts = {fig = 0, tbl = 0, eq = 0}
local labels = {} -- label -> how a reference names it; '' keeps the words of the link

local function raw(text) return pandoc.RawInline('typst', text) end
local function quoted(text) return '"' .. text:gsub('[\\"]', '\\%0') .. '"' end

-- The text without colours, links and commands of a terminal, and without control characters.
local function clean(text)
  text = text:gsub('\27%[[0-?]*[ -/]*[@-~]', ''):gsub('\27%][^\7\27\n]*[\7\27]\\?', '')
  return (text:gsub('[\0-\8\11-\31\127]', '\u{fffd}'):gsub('\xc2[\x80-\x9f]', '\u{fffd}'))
end

-- What is too wide scrolls inside itself, also by the keyboard.
local function scroll(content, class)
  return TYPST and content or pandoc.Div(content, {class = class, tabindex = '0'})
end

local function count(kind, label)
  counts[kind] = counts[kind] + 1
  if label then labels[label] = KINDS[kind] .. ' ' .. counts[kind] end
  return counts[kind]
end

-- The caption of a figure or table; in HTML with its number, for Typst counts for itself.
local function caption(kind, label, blocks)
  local number = pandoc.Strong(KINDS[kind] .. ' ' .. count(kind, label) .. '.')
  local words = pandoc.utils.blocks_to_inlines(blocks)
  return {pandoc.Plain(TYPST and words or pandoc.Inlines{number, pandoc.Space()} .. words)}
end

local function Table(tbl)
  local label = tbl.identifier
  if label == '' then return scroll(tbl, 'scroll') end
  local words = caption('tbl', label, tbl.caption.long)
  tbl.attr, tbl.caption = {TYPST and label or ''}, {long = TYPST and words or {}}
  return TYPST and tbl or pandoc.Figure(scroll(tbl, 'scroll'), words, {id = label, class = 'tbl'})
end

-- $$ ... \label{eq-x} $$ is a labelled equation. In Typst, its TeX is the alt text.
local function Math(math)
  local label = math.text:match('\\label%s*{(eq%-[%w._-]+)}')
  local tex = math.text:gsub('\\label%s*{eq%-[^}]*}', ''):gsub('%s+', ' ')
  math.text = tex:match('^ ?(.-) ?$')
  local typst = pandoc.write(pandoc.Pandoc{pandoc.Plain(math)}, 'typst'):gsub('%s+$', '')
  if not typst:match('^%$') then error('This TeX is not known here: ' .. math.text, 0) end
  local display = math.mathtype == 'DisplayMath'
  local number = display and count('eq', label)
  if TYPST then
    local mark = display and label and ' <' .. label .. '>' or ';'
    local call = '#math.equation(block: %s, alt: %s, %s.body)%s'
    return raw(call:format(display, quoted(math.text), typst, mark))
  elseif display then
    local formula = pandoc.Span(math, {class = 'scroll', tabindex = '0'})
    local attributes = {id = label or '', class = 'equation'}
    return pandoc.Span({formula, pandoc.Span('(' .. number .. ')')}, attributes)
  end
end

-- Browsers would break a line between a formula and its comma.
local function Inlines(inlines)
  for k = #inlines - 1, TYPST and #inlines or 1, -1 do
    local here, after = inlines[k], inlines[k + 1]
    if here.t == 'Math' and here.mathtype == 'InlineMath' and (after.text or ''):match('^%p') then
      inlines[k] = pandoc.Span({here, inlines:remove(k + 1)}, {class = 'together'})
    end
  end
  return inlines
end

-- JupyterLab links to a heading as #The-words-of-it; here it is sec-notebook-The-words-of-it.
local function section(name, words)
  local label = 'sec-' .. name:gsub('^%d+%-', ''):gsub('/', '-')
  return words == '' and label or label .. '-' .. words:gsub('%W+', '-')
end

-- In the report, a reference names a section by its number, and an appendix by its letter.
local function Header(header)
  local first = header.level == 1 and not labels[section(chapter, '')]
  local words = pandoc.utils.stringify(header)
  header.identifier = section(chapter, first and '' or words)
  labels[header.identifier] = ''
  if report and header.level == 1 then
    header.identifier = section(chapter, words)
    in_appendix = words:match('^Appendix %a') or in_appendix
    if not in_appendix then sections = sections + 1 end
    labels[header.identifier] = in_appendix or 'Section ' .. sections
  end
  header.classes = {report and in_appendix and 'unnumbered' or nil}
  return header
end

-- A link to a notebook or a heading becomes one to a label; render.py finds the label's page.
local function Link(link)
  link.target = link.target:gsub('^[%./]+/report/([%w-]+%.%a+)$', '%1') -- it is beside the pages
  link.target = link.target:gsub('^%.%./([%w-]+%.%a+)$', '%1') -- in report/notebooks, too
  local target = link.target:gsub('glossary%.md', 'glossary.ipynb'):gsub('^%.%./%.%./notebooks/', '')
  local path, words = target:match('^[%./]*([%w/-]+)%.ipynb#?(.*)$')
  if path and path:match('^report/') then return link.content end -- it is what is shown here
  if report and path then return link.content end -- a notebook is not in the report
  words = words or target:match('^#(.+)$')
  if not words or KINDS[words:match('^%a*')] then return nil end
  link.target = '#' .. section(path or chapter, words)
  return link
end

local function parse(text, extensions)
  -- So many columns that no table counts as wide: Typst finds the widths itself.
  local wide = pandoc.ReaderOptions{columns = 100000}
  local document = pandoc.read(clean(text), READER .. (extensions or ''), wide)
  local filter = {Link = Link, Header = Header, Table = Table, Inlines = Inlines}
  function filter.CodeBlock(block) block.attributes.tabindex = '0' return block end
  function filter.Image(image) return image.caption end -- pictures come from show_figure
  return document.blocks:walk(filter):walk{Math = Math}
end

local function figure(svg, about)
  local path, alt = 'figures/' .. about.label .. '.svg', clean(about.alt)
  local width = tonumber(svg:match('<svg[^>]-%swidth="([%d.]+)pt"')) or 440
  width = width < 440 and width .. 'pt' or nil -- narrower than the page
  local call = '#image("%s", width: %s, alt: %s)' -- pandoc's own call drops the alt text
  local image = raw(call:format(path, width or '92%', quoted(alt)))
  local file <close> = io.open(path, 'w')
  file:write(svg)
  if not TYPST then
    local data = pandoc.mediabag.make_data_uri('image/svg+xml', svg)
    image = pandoc.Image(alt, data, '', {width = width})
  end
  local words = caption('fig', about.label, parse(about.caption))
  local picture = scroll(pandoc.Plain(image), 'scroll picture')
  return pandoc.Figure(picture, words, {id = about.label, class = 'fig'})
end

local function output_blocks(output)
  local data, about = output.data or {}, nil
  for _, each in pairs(output.metadata or {}) do
    if type(each) == 'table' and (each.label or each.role) then about = each end
  end
  local svg, markdown, label = data['image/svg+xml'], data['text/markdown'], about and about.label
  if svg and label then return {figure(svg, about)} end
  if svg or data['image/png'] then
    error(chapter .. ' shows a picture without caption and alt text: use show_figure.', 0)
  elseif markdown and label then
    local line = '\n\n: ' .. about.caption:gsub('%s+', ' ') .. ' {#' .. label .. '}'
    return parse(markdown .. line, CAPTIONS)
  elseif markdown then
    return about and about.role == 'caption' and {} or parse(markdown)
  end
  local text = output.text or output.evalue or data['text/plain'] or ''
  local widget = data['application/vnd.jupyter.widget-view+json']
  if widget or not text:match('%S') then return {} end
  text = clean(text):gsub('^\n+', ''):gsub('\n+$', '')
  return {pandoc.CodeBlock(text, {class = 'output', tabindex = '0'})}
end

-- The code of a cell: on a page, folded where JupyterLab folds it.
local function source_blocks(cell)
  if not cell.source:match('%S') then return {} end
  local source = pandoc.CodeBlock(clean(cell.source), {class = 'python', tabindex = '0'})
  if report or not (cell.metadata.jupyter or {}).source_hidden then return {source} end
  local function html(text) return pandoc.RawBlock('html', text) end
  return {html '<details><summary>Code</summary>', source, html '</details>'}
end

local function cell_blocks(cell)
  if cell.cell_type == 'markdown' then
    local blocks = parse(cell.source, CAPTIONS .. FOLDS)
    return chapter == 'abstract' and {pandoc.Div(blocks, {id = chapter, class = chapter})} or blocks
  end
  local blocks = pandoc.Blocks(source_blocks(cell))
  for _, output in ipairs(cell.outputs or {}) do blocks:extend(output_blocks(output)) end
  return blocks
end

-- [text](#fig-x) and [it](#The-text) refer to a place, [Graves, 2013](address) cites a work.
local function reference(link, works)
  local label, text = link.target:match('^#(.*)$'), pandoc.utils.stringify(link)
  local says, work = labels[label or ''], works[link.target:gsub('/$', '')]
  local counted = says and says ~= '' and not says:match('^Appendix') -- by Typst
  if TYPST and counted then return raw('#ref(<' .. label .. '>)') end
  if says then return pandoc.Link(says == '' and link.content or says, link.target) end
  if not work then
    local safe = label or link.target:match('^https?://') or link.target:match('^[%w-]+%.%a+$')
    return not safe and link.content or nil
  end
  local mode = text:match('%d%d%d%d%)$') and 'AuthorInText' or 'NormalCitation'
  local cite = pandoc.Cite({}, {pandoc.Citation(work, mode)})
  if mode == 'AuthorInText' then return cite end
  if text:match('%d%d%d%d$') or text:match('n%.d%.$') then return pandoc.Span(cite, {class = 'bare'}) end
  return link.content .. {pandoc.Space(), cite}
end

-- [Graves, 2013] has its own parentheses round it in the notebook, or wants none.
local function bare(span)
  local function strip(str) return pandoc.Str((str.text:gsub('^%(', ''):gsub('%)$', ''))) end
  return span.classes:includes 'bare' and span.content:walk{Str = strip} or nil
end

function Pandoc(document)
  report = pandoc.utils.stringify(document.meta.kind) == 'report'
  local file <close> = io.open('cells.json', 'rb')
  local input = pandoc.json.decode(file:read 'a', false)
  for _, cell in ipairs(input.cells) do
    chapter = cell.chapter
    document.blocks:extend(cell_blocks(cell))
  end
  local function refer(link) return reference(link, input.works) end
  return pandoc.utils.citeproc(document:walk{Link = refer}):walk{Span = bare}
end
