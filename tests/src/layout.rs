//! Whether a screen keeps its layout: in large text, with longer words, on a narrow display.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::webdriver::Page;

/// The sizes of text that are tried, in per cent of the usual.
const TEXT_PERCENT: [u32; 2] = [200, 400];

/// Makes every word of the page four tenths longer, as another language may.
const LONGER_WORDS: &str = "
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
        const node = walk.currentNode, words = node.data;
        if (words.trim() === '' || !/[^0-9\\s]/.test(words)) continue;
        const longer = words.replace(/[^\\s\\u200b]+/g,
            word => word + word.slice(0, Math.ceil(word.length * 0.4)));
        node.data = longer;
        undo.push(() => { node.data = words });
    }";

/// What is looked at: the page, or what lies on top of it and hides it.
const TOP: &str =
    "[...document.querySelectorAll('dialog[open], [role=\"menu\"]')].at(-1) ?? document.body";

/// What is wider than the page, cut off, or lies on something else. Looked at is what has words of its
/// own; what only a screen reader meets is left out.
const FAULTS: &str = "
    const faults = [], root = document.documentElement;
    const brief = e => `<${e.tagName.toLowerCase()} class=\"${e.className}\"> ${
        (e.innerText ?? '').trim().replace(/\\s+/g, ' ').slice(0, 40)}`;
    if (root.scrollWidth > root.clientWidth + 1)
        faults.push(`the page is ${root.scrollWidth} wide on ${root.clientWidth}`);
    const worded = [...top.querySelectorAll('*')].filter(e =>
        [...e.childNodes].some(n => n.nodeType === Node.TEXT_NODE && n.data.trim() !== '')
        && e.checkVisibility({ visibilityProperty: true, opacityProperty: true })
        && !e.closest('svg, [inert]'));
    const boxes = [];
    for (const element of worded) {
        const style = getComputedStyle(element), box = element.getBoundingClientRect();
        if (style.clipPath !== 'none' || box.width < 2 || box.height < 2) continue;
        if (style.display !== 'inline' && style.overflowX !== 'visible' && style.overflowX !== 'auto'
            && element.scrollWidth > element.clientWidth + 1)
            faults.push(`cut off: ${brief(element)}`);
        const range = document.createRange();
        for (const node of element.childNodes) {
            if (node.nodeType !== Node.TEXT_NODE || node.data.trim() === '') continue;
            range.selectNodeContents(node);
            for (const line of range.getClientRects()) {
                // As high as the letters: fonts ask for room above and below, which lines share.
                const middle = (line.top + line.bottom) / 2, half = parseFloat(style.fontSize) / 2;
                boxes.push([element, { left: line.left, right: line.right,
                    top: middle - half, bottom: middle + half }]);
                if (line.left < -1 || line.right > innerWidth + 1)
                    faults.push(`beside the page: ${brief(element)}`);
            }
        }
    }
    for (const [at, [one, a]] of boxes.entries()) for (const [other, b] of boxes.slice(at + 1)) {
        if (one === other || one.contains(other) || other.contains(one)) continue;
        const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (width > 2 && height > 2)
            faults.push(`on each other: ${brief(one)} and ${brief(other)}`);
    }
    return [...new Set(faults)];";

/// One fault of each kind, at the end of what is looked at.
const PLANTED: &str = "
    const block = document.createElement('div');
    for (const style of [
        'white-space: nowrap',
        'white-space: nowrap; overflow: hidden; width: 3rem',
        '',
        'position: relative; top: -1.5em',
    ]) {
        const line = document.createElement('p');
        line.textContent = style === '' || style.startsWith('position') ? 'short' : 'long '.repeat(200);
        line.style.cssText = `margin: 0; ${style}`;
        block.append(line);
    }
    top.append(block);
    undo.push(() => block.remove());";

/// Asserts that nothing on the screen shown is cut off, beside the page or on something else: as it is,
/// in text of 200 and 400 %, and with words that are four tenths longer; and that a fault of each kind
/// planted there is found.
///
/// # Errors
/// With what is wrong, and when the planted fault is missed.
pub fn check(page: &Page, screen: &str) -> Result<()> {
    let mut wrong = Vec::new();
    let mut look = |when: &str, change: &str| -> Result<()> {
        let found = faults(page, change)?;
        wrong.extend(found.into_iter().map(|fault| format!("{when}: {fault}")));
        Ok(())
    };
    look("as it is", "")?;
    for percent in TEXT_PERCENT {
        look(&format!("text of {percent} %"), &larger_text(percent))?;
    }
    look("longer words", LONGER_WORDS)?;
    look(
        "longer words in text of 200 %",
        &format!("{LONGER_WORDS}; {}", larger_text(200)),
    )?;
    ensure!(wrong.is_empty(), "{screen}:\n{}", wrong.join("\n"));
    let planted = faults(page, PLANTED)?;
    for kind in ["beside the page", "cut off", "on each other"] {
        ensure!(
            planted.iter().any(|fault| fault.starts_with(kind)),
            "what was planted {kind} on {screen} is not seen: {planted:?}"
        );
    }
    Ok(())
}

fn larger_text(percent: u32) -> String {
    format!(
        "const before = document.documentElement.style.fontSize;
         document.documentElement.style.fontSize = '{percent}%';
         undo.push(() => {{ document.documentElement.style.fontSize = before }});"
    )
}

/// What is wrong while `change` is in force. The page has no time to change in between.
fn faults(page: &Page, change: &str) -> Result<Vec<String>> {
    let script = format!(
        "const undo = [], top = {TOP};
         try {{ {change}; return (() => {{ {FAULTS} }})() }}
         finally {{ undo.reverse().forEach(step => step()) }}"
    );
    let found = page.run(&script, &json!([]))?;
    let found = found.as_array().context("no list of faults")?;
    let text = |fault: &Value| fault.as_str().map(str::to_owned);
    Ok(found.iter().filter_map(text).collect())
}
