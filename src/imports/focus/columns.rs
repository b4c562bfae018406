//! The columns of FOCUS 1.0, 1.1 and 1.2, and where each of them goes.

/// What the cells of a column hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Number,
    Time,
    /// One of these words.
    Choice(&'static [&'static str]),
}

/// Where a column goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// `EffectiveCost`.
    Amount,
    /// `BilledCost`.
    Billed,
    Currency,
    Provider,
    BillingAccount,
    PeriodStart,
    ServiceName,
    SubAccount,
    ResourceId,
    Tags,
    /// It has no column of ours.
    Extra,
}

impl Place {
    /// Whether a line means nothing without it.
    pub fn is_vital(self) -> bool {
        matches!(self, Self::Amount | Self::Currency | Self::Provider | Self::BillingAccount | Self::PeriodStart)
    }

    /// How long its text may be, in characters.
    pub fn longest(self) -> Option<usize> {
        match self {
            // With `focus:` before it, it is the source.
            Self::Provider => Some(100),
            Self::BillingAccount | Self::ServiceName | Self::SubAccount => Some(200),
            Self::ResourceId => Some(2000),
            _ => None,
        }
    }
}

/// Whether there must be such a column, and whether its cells may be empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// There must be, and every line has a value.
    Full,
    /// There must be.
    Mandatory,
    /// There may be, and then every line has a value.
    Filled,
    /// There may be.
    Free,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    pub name: &'static str,
    pub level: Level,
    pub kind: Kind,
    pub place: Place,
}

const fn column(name: &'static str, level: Level, kind: Kind, place: Place) -> Column {
    Column { name, level, kind, place }
}

const fn extra(name: &'static str, level: Level, kind: Kind) -> Column {
    column(name, level, kind, Place::Extra)
}

const SERVICE_CATEGORIES: &[&str] = &[
    "AI and Machine Learning",
    "Analytics",
    "Business Applications",
    "Compute",
    "Databases",
    "Developer Tools",
    "Multicloud",
    "Identity",
    "Integration",
    "Internet of Things",
    "Management and Governance",
    "Media",
    "Migration",
    "Mobile",
    "Networking",
    "Security",
    "Storage",
    "Web",
    "Other",
];

/// Every column that the specification has, versions 1.0 to 1.2.
pub const COLUMNS: &[Column] = &[
    extra("AvailabilityZone", Level::Free, Kind::Text),
    column("BilledCost", Level::Full, Kind::Number, Place::Billed),
    column("BillingAccountId", Level::Full, Kind::Text, Place::BillingAccount),
    extra("BillingAccountName", Level::Mandatory, Kind::Text),
    extra("BillingAccountType", Level::Free, Kind::Text),
    column("BillingCurrency", Level::Full, Kind::Text, Place::Currency),
    extra("BillingPeriodEnd", Level::Full, Kind::Time),
    column("BillingPeriodStart", Level::Full, Kind::Time, Place::PeriodStart),
    extra("CapacityReservationId", Level::Free, Kind::Text),
    extra("CapacityReservationStatus", Level::Free, Kind::Choice(&["Used", "Unused"])),
    extra("ChargeCategory", Level::Full, Kind::Choice(&["Usage", "Purchase", "Tax", "Credit", "Adjustment"])),
    extra("ChargeClass", Level::Mandatory, Kind::Choice(&["Correction"])),
    extra("ChargeDescription", Level::Mandatory, Kind::Text),
    extra("ChargeFrequency", Level::Filled, Kind::Choice(&["One-Time", "Recurring", "Usage-Based"])),
    extra("ChargePeriodEnd", Level::Full, Kind::Time),
    extra("ChargePeriodStart", Level::Full, Kind::Time),
    extra("CommitmentDiscountCategory", Level::Free, Kind::Choice(&["Spend", "Usage"])),
    extra("CommitmentDiscountId", Level::Free, Kind::Text),
    extra("CommitmentDiscountName", Level::Free, Kind::Text),
    extra("CommitmentDiscountQuantity", Level::Free, Kind::Number),
    extra("CommitmentDiscountStatus", Level::Free, Kind::Choice(&["Used", "Unused"])),
    extra("CommitmentDiscountType", Level::Free, Kind::Text),
    extra("CommitmentDiscountUnit", Level::Free, Kind::Text),
    extra("ConsumedQuantity", Level::Free, Kind::Number),
    extra("ConsumedUnit", Level::Free, Kind::Text),
    extra("ContractedCost", Level::Full, Kind::Number),
    extra("ContractedUnitPrice", Level::Free, Kind::Number),
    column("EffectiveCost", Level::Full, Kind::Number, Place::Amount),
    extra("InvoiceId", Level::Free, Kind::Text),
    extra("InvoiceIssuerName", Level::Full, Kind::Text),
    extra("ListCost", Level::Full, Kind::Number),
    extra("ListUnitPrice", Level::Free, Kind::Number),
    extra("PricingCategory", Level::Free, Kind::Choice(&["Standard", "Dynamic", "Committed", "Other"])),
    extra("PricingCurrency", Level::Free, Kind::Text),
    extra("PricingCurrencyContractedUnitPrice", Level::Free, Kind::Number),
    extra("PricingCurrencyEffectiveCost", Level::Free, Kind::Number),
    extra("PricingCurrencyListUnitPrice", Level::Free, Kind::Number),
    extra("PricingQuantity", Level::Mandatory, Kind::Number),
    extra("PricingUnit", Level::Mandatory, Kind::Text),
    column("ProviderName", Level::Full, Kind::Text, Place::Provider),
    extra("PublisherName", Level::Full, Kind::Text),
    extra("RegionId", Level::Free, Kind::Text),
    extra("RegionName", Level::Free, Kind::Text),
    column("ResourceId", Level::Free, Kind::Text, Place::ResourceId),
    extra("ResourceName", Level::Free, Kind::Text),
    extra("ResourceType", Level::Free, Kind::Text),
    extra("ServiceCategory", Level::Full, Kind::Choice(SERVICE_CATEGORIES)),
    column("ServiceName", Level::Full, Kind::Text, Place::ServiceName),
    extra("ServiceSubcategory", Level::Free, Kind::Text),
    extra("SkuId", Level::Free, Kind::Text),
    extra("SkuMeter", Level::Free, Kind::Text),
    extra("SkuPriceDetails", Level::Free, Kind::Text),
    extra("SkuPriceId", Level::Free, Kind::Text),
    column("SubAccountId", Level::Free, Kind::Text, Place::SubAccount),
    extra("SubAccountName", Level::Free, Kind::Text),
    extra("SubAccountType", Level::Free, Kind::Text),
    column("Tags", Level::Free, Kind::Text, Place::Tags),
];

/// What begins the name of a column that a provider or the user has added.
pub const CUSTOM: &str = "x_";

impl Column {
    pub fn named(name: &str) -> Option<&'static Self> {
        COLUMNS.iter().find(|column| column.name == name)
    }

    pub fn must_be_there(&self) -> bool {
        matches!(self.level, Level::Full | Level::Mandatory)
    }

    pub fn must_be_filled(&self) -> bool {
        matches!(self.level, Level::Full | Level::Filled)
    }
}
