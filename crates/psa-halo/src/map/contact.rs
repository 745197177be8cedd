//! Contacts, which Halo calls users.

use almanac_model::contact::Contact;
use almanac_model::projection::Projection;
use almanac_psa::BadRow;

use super::{flag, is_none, own_id, reference, required};
use crate::wire;
use crate::wire::user::User;

/// Every site has one; it stands for nobody in particular (HALO-API 3.4).
const GENERAL_USER: &str = "General User";

/// Maps a row of `/Users`.
pub(super) fn from_wire(wire: User, before: Option<&Projection>) -> Result<Projection, BadRow> {
    let known = match before {
        Some(Projection::Contact(known)) => Some(known),
        _ => None,
    };
    let remote_id = own_id(wire.id)?;
    let email = known.and_then(|k| k.email.clone());
    let email = wire.emailaddress.or(wire.email).or_before("emailaddress", email)?;
    let parts = [wire.firstname, wire.surname].map(wire::seen::Seen::value);
    let full_name = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let name = wire
        .name
        .or_before("name", known.map(|k| k.name.clone()))?
        .or_else(|| Some(full_name).filter(|name| !name.is_empty()))
        .or_else(|| email.clone());
    let name = required(name)?;
    let is_general = name.eq_ignore_ascii_case(GENERAL_USER) || is_none(&remote_id);
    let is_account = known.map(|k| k.is_service_account);
    let site = wire.site_id_int.or(wire.site_id);
    Ok(Projection::Contact(Contact {
        name,
        email,
        client: reference("client_id", wire.client_id, known.and_then(|k| k.client.clone()))?,
        site: reference("site_id", site, known.and_then(|k| k.site.clone()))?,
        is_service_account: is_general
            || flag("isserviceaccount", wire.isserviceaccount, is_account)?,
        is_inactive: flag("inactive", wire.inactive, known.map(|k| k.is_inactive))?,
        is_placeholder: is_general,
        remote_id,
    }))
}

#[cfg(test)]
mod tests {
    use almanac_model::stream::Stream;

    use super::super::tests::map;
    use super::*;

    #[track_caller]
    fn contact(json: &str) -> Contact {
        match map(Stream::Contacts, json, None) {
            Projection::Contact(contact) => contact,
            other => panic!("not a contact: {other:?}"),
        }
    }

    #[test]
    fn q_21_decimal_references_are_whole_numbers() {
        let row = contact(r#"{"id":310,"name":"J","client_id":42.0,"site_id":57.0}"#);
        assert_eq!(row.client.as_ref().map(|id| id.as_str()), Some("42"));
        assert_eq!(row.site.as_ref().map(|id| id.as_str()), Some("57"));
        let twin = contact(r#"{"id":310,"name":"J","site_id":57.0,"site_id_int":57}"#);
        assert_eq!(twin.site, row.site);
    }

    #[test]
    fn q_31_service_accounts_and_general_users_are_marked() {
        for (json, is_account) in [
            (r#"{"id":1,"name":"backup","isserviceaccount":true}"#, true),
            (r#"{"id":1,"name":"general user","isserviceaccount":false}"#, true),
            (r#"{"id":1,"name":"Jane Roe","isserviceaccount":false}"#, false),
        ] {
            assert_eq!(contact(json).is_service_account, is_account, "{json}");
        }
    }

    #[test]
    fn q_28_both_spellings_of_an_address_are_read() {
        for json in [
            r#"{"id":1,"name":"J","emailaddress":"j@x.example"}"#,
            r#"{"id":1,"name":"J","email":"j@x.example"}"#,
        ] {
            assert_eq!(contact(json).email.as_deref(), Some("j@x.example"));
        }
    }

    #[test]
    fn a_person_without_a_name_is_called_by_its_parts_or_its_address() {
        for (json, name) in [
            (r#"{"id":1,"name":"","firstname":"Jane","surname":"Roe"}"#, "Jane Roe"),
            (r#"{"id":1,"firstname":"","surname":"Roe"}"#, "Roe"),
            (r#"{"id":1,"emailaddress":"j@x.example"}"#, "j@x.example"),
        ] {
            assert_eq!(contact(json).name, name);
        }
    }
}
