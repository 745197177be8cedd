//! A new user as typed, and the passwords that are made here.

use almanac_model::role::Role;
use secrecy::SecretString;
use serde::Deserialize;

use crate::extract::Faults;
use crate::person::{check_email, check_name, check_password};

/// Letters and digits that are not taken for each other.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// Five bits each: 100 bits.
const LETTERS: usize = 20;

/// As typed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct NewUserForm {
    pub(super) email: String,
    pub(super) name: String,
    pub(super) role: String,
    pub(super) password: String,
    pub(super) request_key: String,
}

/// A user to make.
pub(super) struct CheckedUser {
    pub(super) email: String,
    pub(super) name: String,
    pub(super) role: Role,
    pub(super) password: SecretString,
    /// The password when it was made here, to be shown once.
    pub(super) made_password: Option<String>,
}

impl NewUserForm {
    /// The user, or what is wrong with each field. `roles` are those that may be given.
    pub(super) fn check(&self, roles: &[Role]) -> Result<CheckedUser, Faults> {
        let mut faults = Faults::default();
        let email = faults.check("email", check_email(&self.email));
        let name = check_name(&self.name);
        let name = name.ok_or("Give the name that colleagues know, up to 120 characters.");
        let name = faults.check("name", name.map(str::to_owned));
        let role = faults.check("role", role_of(&self.role, roles));
        let made_password = self.password.is_empty().then(new_password);
        let typed = made_password.clone().unwrap_or_else(|| self.password.clone());
        let password = faults.check("password", check_password(typed));
        match (email, name, role, password) {
            (Some(email), Some(name), Some(role), Some(password)) => {
                Ok(CheckedUser { email, name, role, password, made_password })
            }
            _ => Err(faults),
        }
    }
}

/// A role by its name, if it may be given.
pub(super) fn role_of(name: &str, roles: &[Role]) -> Result<Role, &'static str> {
    match name.parse::<Role>() {
        Ok(role) if roles.contains(&role) => Ok(role),
        Ok(_) => Err("Only an owner can make an owner; choose another role."),
        Err(_) => Err("Choose one of the roles."),
    }
}

/// A password that nobody thought of: `k3fw-92na-…`.
pub(super) fn new_password() -> String {
    let mut random = [0_u8; LETTERS];
    getrandom::fill(&mut random).expect("the operating system has random bytes");
    let letters: Vec<char> =
        random.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
    letters.chunks(4).map(|group| group.iter().collect()).collect::<Vec<String>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_passwords_are_long_and_differ() {
        let (one, two) = (new_password(), new_password());
        assert_ne!(one, two);
        assert_eq!(one.len(), LETTERS + 4);
        assert!(check_password(one).is_ok());
    }

    #[test]
    fn only_roles_that_may_be_given_are_taken() {
        let roles = [Role::Manager, Role::ReadOnly];
        assert_eq!(role_of("manager", &roles), Ok(Role::Manager));
        assert!(role_of("owner", &roles).is_err());
        assert!(role_of("<script>", &roles).is_err());
    }

    #[test]
    fn every_fault_is_said_at_once() {
        let hostile = NewUserForm {
            email: "nobody".to_owned(),
            name: "x".repeat(5_000),
            role: "emperor".to_owned(),
            password: "short".to_owned(),
            request_key: String::new(),
        };
        let faults = hostile.check(&Role::ALL).err().expect("all is wrong");
        let fields: Vec<&str> = faults.iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["email", "name", "password", "role"]);
    }
}
