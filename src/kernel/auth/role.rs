crate::text_enum! {
    /// What a member may do in a product.
    pub enum Role {
        /// Everything, members included.
        Owner = "owner",
        /// The ops lead: edits everything but members.
        Editor = "editor",
        /// The stakeholder: reads everything but drafts of reports, rates, persons' effort and the audit trail.
        Viewer = "viewer",
        /// The BI tool: reads exports.
        Exporter = "exporter",
    }
}

impl Role {
    pub fn is_owner(self) -> bool {
        self == Self::Owner
    }

    /// Owners and editors.
    pub fn may_edit(self) -> bool {
        matches!(self, Self::Owner | Self::Editor)
    }

    /// The one of the two that may do less.
    pub fn lower(self, other: Self) -> Self {
        if self.covers(other) { other } else { self }
    }

    /// Whether it is that role, or one above it.
    pub fn covers(self, other: Self) -> bool {
        self.place() <= other.place()
    }

    fn place(self) -> u8 {
        match self {
            Self::Owner => 0,
            Self::Editor => 1,
            Self::Viewer => 2,
            Self::Exporter => 3,
        }
    }

    /// Who may edit does not judge what is edited.
    pub fn may_judge(self) -> bool {
        self == Self::Viewer
    }

    /// Everyone but exporters.
    pub fn may_view(self) -> bool {
        self != Self::Exporter
    }
}

crate::text_enum! {
    /// What somebody is signed in with.
    pub enum SessionKind {
        /// The sign-in form, and a cookie.
        Browser = "browser",
        /// `POST /auth/login`, and tokens.
        Api = "api",
    }
}
