//! The field worker's world as apps see it: views, and the edits that change them. One file a thing, as in the domain.

mod address;
mod assessment;
mod care_team;
mod case;
mod consent;
mod contact;
mod edit;
mod evv;
mod extension;
mod goal;
mod identifier;
mod mirror;
mod note;
mod person;
mod phone;
mod record;
mod removal;
mod task;
mod timeline;
mod value;
mod view;
mod visit;
