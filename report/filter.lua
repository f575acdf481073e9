-- Reads the fenced blocks of render.py: cells become prose, figures and tables get their captions and labels,
-- links become references and citations. Runs within pandoc.

-- What Markdown may contain, close to what JupyterLab shows: no raw Typst, TeX or HTML, no pandoc citations.
local READER = 'markdown-raw_html-raw_tex-raw_attribute-native_divs-native_spans-latex_macros-citations'
  .. '-yaml_metadata_block-pandoc_title_block-fancy_lists-example_lists-definition_lists-line_blocks'
  .. '-simple_tables-multiline_tables-grid_tables-table_captions-subscript-superscript-auto_identifiers'
  .. '-implicit_figures-blank_before_header-blank_before_blockquote+lists_without_preceding_blankline'
local KINDS = {fig = true, tbl = true, eq = true, sec = true}

local labels = {}

local function fail(message)
  io.stderr:write(message, '\n')
  os.exit(1)
end

local function name(label)
  if labels[label] then fail('The label ' .. label .. ' is given twice.') end
  labels[label] = true
  return label
end

local function raw(text) return pandoc.RawInline('typst', text) end

local function quoted(text) return '"' .. text:gsub('[\\"]', '\\%0') .. '"' end

-- $$ ... \label{eq-x} $$ is a named equation.
local function Math(math)
  local label = math.text:match('\\label%s*{([^}]*)}')
  if not label then return nil end
  if not label:match('^eq%-[%w._-]+$') then fail('The equation label ' .. label .. ' should look like eq-name.') end
  math.text = math.text:gsub('\\label%s*{[^}]*}', '')
  return {math, raw(' <' .. name(label) .. '>')}
end

local function Image(image)
  fail('The picture ' .. image.src .. ' is in a Markdown cell: make a figure of it with show_figure.')
end

local chapter = 'sec-abstract' -- the label of the chapter being read

-- JupyterLab links to a heading as #The-words-of-it: here sec-notebook-The-words-of-it, for each notebook has its own.
local function section(notebook, words) return notebook .. '-' .. words:gsub('%W+', '-') end

local function Header(header)
  local label = header.level == 1 and chapter or section(chapter, pandoc.utils.stringify(header))
  if header.identifier ~= '' then label = name(header.identifier) end
  header.identifier = labels[label] and header.identifier or name(label)
  return header
end

local function Link(link)
  local notebook, words = link.target:match('^%.?/?%d+%-([%w-]+)%.ipynb#?(.*)$')
  words = words or link.target:match('^#(.+)$')
  if not words or KINDS[words:match('^(%a+)%-') or ''] then return nil end
  notebook = notebook and 'sec-' .. notebook or chapter
  link.attributes.written = link.target
  link.target = '#' .. (words == '' and notebook or section(notebook, words))
  return link
end

local function parse(text)
  -- So many columns that no table counts as wide: Typst finds the widths itself.
  local document = pandoc.read(text, READER, pandoc.ReaderOptions{columns = 100000})
  return document.blocks:walk{Math = Math, Image = Image, Header = Header, Link = Link}
end

local function inlines(text) return pandoc.utils.blocks_to_inlines(parse(text)) end

local blocks_of = {
  cell = parse,
  chapter = function(text) chapter = 'sec-' .. text:gsub('^%d+%-', '') end,
  output = function(text) return pandoc.CodeBlock(text) end,
  fig = function(text)
    local about = pandoc.json.decode(text, false)
    local image = ('image(%s, width: %s, alt: %s)'):format(
      quoted('figures/' .. about.label .. '.svg'), about.width, quoted(about.alt))
    local caption = inlines(about.caption)
    caption:insert(1, raw('#near[#figure(' .. image .. ', caption: ['))
    caption:insert(raw(']) <' .. name(about.label) .. '>]'))
    return pandoc.Para(caption)
  end,
  tbl = function(text)
    local about = pandoc.json.decode(text, false)
    local tbl = parse(about.table)[1]
    if not tbl or tbl.t ~= 'Table' then fail('The table ' .. about.label .. ' is not a Markdown table.') end
    tbl.caption = {long = {pandoc.Plain(inlines(about.caption))}}
    tbl.identifier = name(about.label)
    return tbl
  end,
}

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
      fail('The link to ' .. (link.attributes.written or link.target) .. ' leads nowhere: nothing in the report has this label.')
    end
    return raw('#ref(<' .. label .. '>)')
  end
  local work = works[link.target:gsub('/$', '')]
  if not work then return nil end
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

function Pandoc(document)
  local blocks = pandoc.Blocks{}
  for number, block in ipairs(document.blocks) do
    local following = document.blocks[number + 1]
    local kind = block.t == 'CodeBlock' and block.classes[1]
    if blocks_of[kind] then
      local made = blocks_of[kind](block.text)
      if made then blocks:extend(pandoc.utils.type(made) == 'Blocks' and made or {made}) end
    elseif kind == 'python' and following.t == 'CodeBlock' and following.classes[1] == 'output' then
      blocks:insert(pandoc.Div(block, {['typst:sticky'] = 'true'})) -- code stays with its output
    else
      blocks:insert(block)
    end
  end
  local works = addresses(document.meta.bibliography)
  document.blocks = blocks:walk{Link = function(link) return reference(link, works) end}
  return pandoc.utils.citeproc(document):walk{Span = bare}
end
