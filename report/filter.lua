-- Makes a document for Typst of the Markdown that render.py writes: sections, figures, references,
-- alt texts. Each chapter is a Div with its name; in it, a figure and a text that a network wrote
-- are Divs with a label.

local KINDS = {fig = true, tbl = true, txt = true, eq = true} -- so begin the labels of what isn't a heading
local WORDS, NUMBER = 'words', 'number'
local labels = {} -- label -> what a reference to it has: the link's own words, or Typst's number
local chapter = '' -- where we are in the document

local function raw(text) return pandoc.RawInline('typst', text) end
local function quoted(text) return '"' .. text:gsub('[\\"]', '\\%0') .. '"' end

-- A call of Typst with these blocks as its argument.
local function within(call, blocks)
  local opening, closing = pandoc.RawBlock('typst', call .. '['), pandoc.RawBlock('typst', ']')
  return pandoc.Blocks{opening} .. pandoc.Blocks(blocks) .. pandoc.Blocks{closing}
end

-- The caption of a figure or table in one paragraph.
local function caption(blocks)
  return {pandoc.Plain(pandoc.utils.blocks_to_inlines(blocks))}
end

-- $$ ... \label{eq-x} $$ is a labelled equation. Its TeX is the alt text.
local function Math(math)
  local label = math.text:match('\\label%s*{(eq%-[%w._-]+)}')
  local tex = math.text:gsub('\\label%s*{eq%-[^}]*}', ''):gsub('%s+', ' ')
  math.text = tex:match('^ ?(.-) ?$')
  local typst = pandoc.write(pandoc.Pandoc{pandoc.Plain(math)}, 'typst'):gsub('%s+$', '')
  typst = typst:gsub('%.circle%f[%W]', '.o'):gsub('%f[%w]sect%f[%W]', 'inter') -- new names in Typst 0.15
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

-- JupyterLab links to a heading as #The-words-of-it; here it is sec-chapter-The-words-of-it.
local function section(name, words) return 'sec-' .. name .. '-' .. words:gsub('%W+', '-') end

-- A reference names a section by its number, and a smaller one by the link's words.
local function Header(header)
  local words = pandoc.utils.stringify(header)
  header.identifier = section(chapter, words)
  labels[header.identifier] = header.level < 3 and NUMBER or WORDS
  if header.level == 1 then labels['chapter-' .. chapter] = header.identifier end
  return header
end

-- A link to a heading, in this chapter or another, or to a whole notebook, becomes one to a label.
-- Notebooks link to the appendix as report.pdf#sec-appendix-The-words-of-it, or report.pdf alone.
local function Link(link)
  local of_pdf = link.target:match('report%.pdf#?(.*)$')
  if of_pdf then
    link.target = '#' .. (of_pdf == '' and 'chapter-appendix' or of_pdf)
    return link
  end
  local file, words = link.target:match('^([^#:]*)#(.+)$')
  file = file or link.target:match('^[^#:]+%.ipynb$')
  if not file then return nil end
  if words and KINDS[words:match('^%a*')] then
    link.target = '#' .. words
    return link
  end
  local name = file == '' and chapter or file:match('^%d%d%-(.*)%.ipynb$')
  if not name then return nil end
  if file ~= '' then link.classes = {'elsewhere'} end -- perhaps in a notebook that isn't printed
  link.target = words and '#' .. section(name, words) or '#chapter-' .. name
  return link
end

-- A link or image in it came with the text: none of them may lead to a file.
local function Image(image) return image.caption end

local function Table(tbl)
  local label = tbl.identifier
  if label == '' then return within('#plain', {tbl}) end
  labels[label] = NUMBER
  tbl.attr = {label}
  tbl.caption = {long = caption(tbl.caption.long)}
  return tbl
end

local function figure(div)
  local path = div.attributes.file
  local file <close> = io.open(path)
  local width = file:read('a'):match('<svg[^>]-%swidth="([%d.]+)pt"') or 440
  local call = '#picture("%s", %spt, alt: %s)' -- pandoc's own call drops the alt text
  local image = raw(call:format(path, width, quoted(div.attributes.alt)))
  labels[div.identifier] = NUMBER
  return pandoc.Figure(pandoc.Plain(image), caption(div.content), {id = div.identifier})
end

-- A text that a network wrote. Texts are numbered apart from figures: Text 1.
local function written(div)
  labels[div.identifier] = NUMBER
  local call = '#figure(verse(%s), kind: "verse", supplement: "Text", caption: ['
  local before = raw(call:format(quoted(div.content[1].text)))
  return pandoc.Plain({before} .. div.content[2].content .. {raw(']) <' .. div.identifier .. '>')})
end

local function Div(div)
  if div.classes:includes('figure') then return figure(div) end
  if div.classes:includes('written') then return written(div) end
  if div.classes:includes('answer') then return within('#answer', div.content) end
end

local function CodeBlock(block)
  if block.classes:includes('printed') then
    return pandoc.RawBlock('typst', '#printed(' .. quoted(block.text) .. ')')
  end
end

-- [text](#fig-x), [it](#The-text) and [notebook 02](02-a.ipynb#The-text) become a number; other words
-- for a section in another notebook stay. [Graves, 2013](address) cites a work.
-- A link to a cell that isn't printed becomes its words. So does a link to a file, except for the
-- page beside the document.
local function reference(link, works)
  local label, text = link.target:match('^#(.*)$'), pandoc.utils.stringify(link)
  if label then
    label = label:match('^chapter%-') and labels[label] or label
    local name = labels[label]
    local keeps_words = link.classes:includes('elsewhere') and not text:match('^[Nn]otebook %d+$')
    if name == NUMBER and not keeps_words then return raw('#ref(<' .. label .. '>)') end
    if name == WORDS or name == NUMBER then return pandoc.Link(link.content, '#' .. label) end
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
  local works = {} -- address -> key of the bibliography
  for address, key in pairs(document.meta.works) do works[address] = pandoc.utils.stringify(key) end
  local blocks = pandoc.Blocks{}
  for _, div in ipairs(document.blocks) do
    chapter = div.attributes.name
    local content = div.content:walk{Link = Link, Header = Header, Image = Image}
    content = content:walk{Math = Math}:walk{Div = Div, Table = Table, CodeBlock = CodeBlock}
    if chapter == 'appendix' then blocks:insert(pandoc.RawBlock('typst', '#show: appendix')) end
    blocks:extend(content)
  end
  document.blocks = blocks
  document = document:walk{Link = function(link) return reference(link, works) end}
  return pandoc.utils.citeproc(document):walk{Span = bare}
end
