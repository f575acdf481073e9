-- Reads the fenced blocks of blocks.py: cells become prose, figures and tables get their captions and labels,
-- links become references and citations. Runs within pandoc, for Typst and for HTML.

-- What Markdown may contain, close to what JupyterLab shows: no raw Typst, TeX or HTML, no attributes (onclick is one),
-- no pandoc citations.
local READER = 'markdown-raw_html-raw_tex-raw_attribute-native_divs-native_spans-latex_macros-citations'
  .. '-yaml_metadata_block-pandoc_title_block-fancy_lists-example_lists-definition_lists-line_blocks'
  .. '-simple_tables-multiline_tables-grid_tables-table_captions-subscript-superscript-auto_identifiers'
  .. '-header_attributes-link_attributes-inline_code_attributes-fenced_code_attributes-bracketed_spans-fenced_divs'
  .. '-implicit_figures-blank_before_header-blank_before_blockquote+lists_without_preceding_blankline'
local KINDS = {fig = 'Figure', tbl = 'Table', eq = 'Equation', sec = 'Section'}
local TYPST = FORMAT == 'typst'
local numbered = true -- sections: in the report, not on the course's pages

local function fail(message)
  io.stderr:write(message, '\n')
  os.exit(1)
end

local function raw(text) return pandoc.RawInline(FORMAT, text) end

local function quoted(text) return '"' .. text:gsub('[\\"]', '\\%0') .. '"' end

-- Labels and, for HTML, numbers. Typst counts for itself.

local labels = {} -- label -> what a reference to it says, '' for the words of the link
local elsewhere = {} -- label -> its address, if it is on another page
local counts = {fig = 0, tbl = 0, eq = 0}
local sections, appendix = {0, 0, 0}, false

local function give(label, says)
  if labels[label] then fail('The label ' .. label .. ' is given twice.') end
  labels[label] = says
  return label
end

-- The next number of a kind; its label, if it has one, is given to it.
local function count(kind, label)
  counts[kind] = counts[kind] + 1
  if label then give(label, KINDS[kind] .. ' ' .. counts[kind]) end
  return counts[kind]
end

local function section_number(level)
  sections[level] = sections[level] + 1
  for deeper = level + 1, #sections do sections[deeper] = 0 end
  local first = appendix and string.char(64 + sections[1]) or tostring(sections[1])
  return table.concat({first, table.unpack(sections, 2, level)}, '.')
end

-- Prose.

-- $$ ... \label{eq-x} $$ is a named equation.
local function Math(math)
  local label = math.text:match('\\label%s*{([^}]*)}')
  if label and not label:match('^eq%-[%w._-]+$') then
    fail('The equation label ' .. label .. ' should look like eq-name.')
  end
  math.text = math.text:gsub('\\label%s*{[^}]*}', '')
  if not pandoc.write(pandoc.Pandoc{pandoc.Plain(math)}, 'typst'):match('^%$') then
    fail('The equation ' .. math.text:gsub('%s+', ' ') .. ' has TeX that is not known here.')
  end
  if math.mathtype == 'InlineMath' then return math end
  local number = count('eq', label)
  if TYPST then return label and {math, raw(' <' .. label .. '>')} end
  local content = {pandoc.Span(math, {class = 'scroll', tabindex = '0'}), pandoc.Span('(' .. number .. ')')}
  return pandoc.Span(content, {id = label or '', class = 'equation'})
end

local function Image(image)
  fail('The picture ' .. image.src .. ' is in a Markdown cell: make a figure of it with show_figure.')
end

local chapter = 'sec-abstract' -- the label of the chapter being read

-- 01-preprocessing -> sec-preprocessing
local function opening(file) return 'sec-' .. file:gsub('^%d+%-', '') end

-- JupyterLab links to a heading as #The-words-of-it: here sec-notebook-The-words-of-it, for each notebook has its own.
local function section(first, words) return first .. '-' .. words:gsub('%W+', '-') end

local function Header(header)
  local label = header.identifier
  if label == '' then
    label = header.level == 1 and not labels[chapter] and chapter or section(chapter, pandoc.utils.stringify(header))
  end
  local number = numbered and not header.classes:includes 'unnumbered' and section_number(header.level)
  header.identifier = give(label, number and (appendix and 'Appendix ' or 'Section ') .. number or '')
  if number and not TYPST then
    header.content:insert(1, pandoc.Space())
    header.content:insert(1, pandoc.Span(number, {class = 'number'}))
  end
  return header
end

local function Link(link)
  local path, words = link.target:match('^[%./]*([%w/-]+)%.ipynb#?(.*)$')
  if not path then path, words = link.target:match('^[%./]*(glossary)%.md#?(.*)$') end
  if path and not numbered then -- another page
    path = path:gsub('/', '-')
    link.target = path .. '.html' .. (words ~= '' and '#' .. section(opening(path), words) or '')
    return link
  end
  if path and not path:match('^%d') then return link.content end -- the report has neither glossary nor solutions
  words = words or link.target:match('^#(.+)$')
  if not words or KINDS[words:match('^(%a+)%-') or ''] then return nil end
  local first = path and opening(path) or chapter
  link.attributes.written = link.target
  link.target = '#' .. (words == '' and first or section(first, words))
  return link
end

local function Table(tbl)
  return not TYPST and pandoc.Div(tbl, {class = 'scroll', tabindex = '0'}) or nil
end

local function parse(text)
  -- So many columns that no table counts as wide: Typst finds the widths itself.
  local document = pandoc.read(text, READER, pandoc.ReaderOptions{columns = 100000})
  return document.blocks:walk{Math = Math, Image = Image, Header = Header, Link = Link, Table = Table}
end

-- A figure or table with its caption, in HTML.
local function figure(kind, about, content)
  local caption = pandoc.utils.blocks_to_inlines(parse(about.caption))
  caption:insert(1, pandoc.Space())
  caption:insert(1, pandoc.Strong(KINDS[kind] .. ' ' .. count(kind, about.label) .. '.'))
  return pandoc.Figure(content, {pandoc.Plain(caption)}, {id = about.label, class = kind})
end

-- The blocks, by kind.

local blocks_of = {
  cell = parse,
  chapter = function(text) chapter = opening(text) end,
  elsewhere = function(text) elsewhere = pandoc.json.decode(text, false) end,
  appendix = function()
    sections, appendix = {0, 0, 0}, true
    return TYPST and pandoc.RawBlock(FORMAT, '#show: appendix') or nil
  end,
  abstract = function(text)
    local blocks = parse(text)
    if not TYPST then
      blocks:insert(1, pandoc.Para(pandoc.Strong 'Abstract'))
      return pandoc.Div(blocks, {class = 'abstract'})
    end
    blocks:insert(1, pandoc.RawBlock(FORMAT, '#abstract['))
    blocks:insert(pandoc.RawBlock(FORMAT, ']'))
    return blocks
  end,
  references = function()
    return {pandoc.Header(1, 'References', {id = 'references', class = 'unnumbered'}), pandoc.Div({}, {id = 'refs'})}
  end,
  output = function(text) return pandoc.CodeBlock(text, not TYPST and {class = 'output', tabindex = '0'} or {}) end,
  python = function(text) return pandoc.CodeBlock(text, {class = 'python', tabindex = '0'}) end,
  open = function(text)
    return {pandoc.RawBlock('html', '<details><summary>'), pandoc.Plain(text), pandoc.RawBlock('html', '</summary>')}
  end,
  close = function() return pandoc.RawBlock('html', '</details>') end,
  fig = function(text)
    local about = pandoc.json.decode(text, false)
    local source = 'figures/' .. about.label .. '.svg'
    if not TYPST then
      local file <close> = io.open(source, 'rb')
      local data = pandoc.mediabag.make_data_uri('image/svg+xml', file:read 'a')
      local image = pandoc.Image(about.alt, data, '', {width = about.width})
      return figure('fig', about, pandoc.Div(pandoc.Plain(image), {class = 'scroll picture', tabindex = '0'}))
    end
    local image = ('image(%s, width: %s, alt: %s)'):format(quoted(source), about.width or '92%', quoted(about.alt))
    local caption = pandoc.utils.blocks_to_inlines(parse(about.caption))
    caption:insert(1, raw('#figure(' .. image .. ', caption: ['))
    count('fig', about.label)
    caption:insert(raw(']) <' .. about.label .. '>'))
    return pandoc.Para(caption)
  end,
  tbl = function(text)
    local about = pandoc.json.decode(text, false)
    local content = parse(about.table)
    local tbl = TYPST and content[1] or content[1] and content[1].content and content[1].content[1]
    if not tbl or tbl.t ~= 'Table' then fail('The table ' .. about.label .. ' is not a Markdown table.') end
    if not TYPST then return figure('tbl', about, content) end
    count('tbl', about.label)
    tbl.caption = {long = {pandoc.Plain(pandoc.utils.blocks_to_inlines(parse(about.caption)))}}
    tbl.identifier = about.label
    return tbl
  end,
}

-- References and citations.

-- The address of a link -> the key of the work in references.bib.
local function addresses(bibliography)
  local everything = pandoc.Cite({}, {pandoc.Citation('*', 'NormalCitation')})
  local document = pandoc.Pandoc({}, {bibliography = bibliography, nocite = pandoc.Inlines{everything}})
  local keys = {}
  for _, work in ipairs(pandoc.utils.references(document)) do
    keys[work.url:gsub('/$', '')] = work.id
  end
  return keys
end

-- [text](#fig-x) refers to a place, [Graves, 2013](address) cites a work.
local function reference(link, works)
  local label = link.target:match('^#(.*)$')
  if label then
    if not labels[label] then
      if elsewhere[label] then return pandoc.Link(link.content, elsewhere[label]) end
      fail('The link to ' .. (link.attributes.written or link.target) .. ' leads nowhere: nothing here has this label.')
    end
    if TYPST then return raw('#ref(<' .. label .. '>)') end
    return pandoc.Link(labels[label] == '' and link.content or labels[label], link.target)
  end
  local work = works[link.target:gsub('/$', '')]
  if not work then
    local safe = link.target:match('^https?://') or link.target:match('^[%w-]+%.html#?') or link.target:match('^[%w-]+%.pdf$')
    return not safe and link.content or nil
  end
  local text = pandoc.utils.stringify(link)
  local cite = pandoc.Cite({}, {pandoc.Citation(work, text:match('%d%d%d%d%)$') and 'AuthorInText' or 'NormalCitation')})
  if text:match('%d%d%d%d%a?%)$') then return cite end
  if text:match('%d%d%d%d%a?$') then return pandoc.Span(cite, {class = 'bare'}) end
  local words = link.content
  words:extend{pandoc.Space(), cite}
  return words
end

-- What stands as [Graves, 2013] in the notebook has its own parentheses round it, or wants none.
local function bare(span)
  if not span.classes:includes 'bare' then return nil end
  return span.content:walk{Str = function(str) return pandoc.Str((str.text:gsub('^%(', ''):gsub('%)$', ''))) end}
end

-- In Typst an equation has its TeX as the text that screen readers say.
local function spoken(math)
  local typst = pandoc.write(pandoc.Pandoc{pandoc.Plain(math)}, 'typst'):gsub('%s+$', '')
  local tex = math.text:gsub('%s+', ' '):gsub('^ ', ''):gsub(' $', '')
  return raw(('#math.equation(block: %s, alt: %s, %s.body);'):format(math.mathtype == 'DisplayMath', quoted(tex), typst))
end

function Pandoc(document)
  numbered = pandoc.utils.stringify(document.meta.kind or 'report') == 'report'
  local blocks = pandoc.Blocks{}
  for _, block in ipairs(document.blocks) do
    local made = blocks_of[block.classes[1]](block.text)
    if made then blocks:extend(pandoc.utils.type(made) == 'Block' and {made} or made) end
  end
  local works = addresses(document.meta.bibliography)
  local cited = false
  blocks = blocks:walk{Link = function(link) return reference(link, works) end}
  blocks:walk{Cite = function() cited = true end}
  document.blocks = cited and blocks or blocks:filter(function(block) return block.identifier ~= 'references' end)
  document = pandoc.utils.citeproc(document):walk{Span = bare}
  return TYPST and document:walk{Math = spoken} or document
end
