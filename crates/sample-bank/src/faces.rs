//! The faces of the bank's pages: the same screens for a PC, a smartphone and a feature phone.

/// How a page is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Face {
    /// パソコン.
    Pc,
    /// スマートフォン, from 320 px wide.
    Smartphone,
    /// 携帯電話（ガラケー）: 240 px, plain HTML, access keys.
    Feature,
}

impl Face {
    /// Every face.
    pub const ALL: [Self; 3] = [Self::Pc, Self::Smartphone, Self::Feature];

    /// Its word in addresses and cookies.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pc => "pc",
            Self::Smartphone => "smartphone",
            Self::Feature => "feature",
        }
    }

    /// Its name on the switch at the foot of each page.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Pc => "パソコン",
            Self::Smartphone => "スマートフォン",
            Self::Feature => "携帯電話",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|face| face.as_str() == word)
    }

    /// The face for a browser that names itself `user_agent`. A guess: the customer can switch.
    pub fn for_user_agent(user_agent: &str) -> Self {
        // Smartphones first: some of them name a carrier too.
        const SMARTPHONES: [&str; 5] = ["iPhone", "iPad", "iPod", "Android", "Windows Phone"];
        const FEATURE_PHONES: [&str; 7] = [
            "DoCoMo",
            "UP.Browser",
            "KDDI-",
            "SoftBank",
            "J-PHONE",
            "Vodafone",
            "WILLCOM",
        ];
        let names = |words: &[&str]| words.iter().any(|word| user_agent.contains(word));
        if names(&SMARTPHONES) {
            Self::Smartphone
        } else if names(&FEATURE_PHONES) {
            Self::Feature
        } else {
            Self::Pc
        }
    }
}

/// 文字サイズ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TextSize {
    /// 標準.
    Standard,
    /// 拡大.
    Large,
    /// 特大.
    Largest,
}

impl TextSize {
    /// Every size.
    pub const ALL: [Self; 3] = [Self::Standard, Self::Large, Self::Largest];

    /// Its word in addresses and cookies.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Large => "large",
            Self::Largest => "largest",
        }
    }

    /// Its name on the switch.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Standard => "標準",
            Self::Large => "拡大",
            Self::Largest => "特大",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|size| size.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_get_the_face_of_their_device() {
        let table = [
            ("Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0", Face::Pc),
            ("", Face::Pc),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)",
                Face::Smartphone,
            ),
            (
                "Mozilla/5.0 (Linux; Android 15; SoftBank X1) Mobile",
                Face::Smartphone,
            ),
            ("DoCoMo/2.0 P903i(c100;TB;W24H12)", Face::Feature),
            (
                "KDDI-CA39 UP.Browser/6.2.0.13.1.5 (GUI) MMP/2.0",
                Face::Feature,
            ),
            (
                "SoftBank/1.0/930SH/SHJ001 Browser/NetFront/3.4",
                Face::Feature,
            ),
        ];
        for (user_agent, face) in table {
            assert_eq!(Face::for_user_agent(user_agent), face, "{user_agent}");
        }
    }

    #[test]
    fn every_word_reads_back() {
        for face in Face::ALL {
            assert_eq!(Face::parse(face.as_str()), Some(face));
        }
        for size in TextSize::ALL {
            assert_eq!(TextSize::parse(size.as_str()), Some(size));
        }
        assert_eq!(Face::parse("tv"), None);
    }
}
